//! Suppressions: findings that a comment asks not to report, and comments that ask in vain.

mod directive;
mod scope;

use diagnostics::{Applicability, ByteRange, Diagnostic, Edit, Fix, Severity};
use go_syntax::{File, Span};

use crate::catalogue::{INVALID_SUPPRESSION, UNUSED_SUPPRESSION, index_of};
use crate::config::{Selection, Selector};
use crate::tree::{line_end, line_start};

use directive::{Directive, What, directives};
use scope::Scope;

/// The suppressions of one file.
#[derive(Debug)]
pub(crate) struct Suppressions<'a> {
    file: &'a File,
    directives: Vec<Directive>,
    /// Computed when there is something to suppress or to complain about.
    scopes: Vec<Scope>,
    /// For each directive and each of its targets, whether it suppressed something.
    used: Vec<Vec<bool>>,
}

/// A finding of the engine about a directive, before it knows its file.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) rule: &'static rules::RuleMeta,
    pub(crate) severity: Severity,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) fix: Option<Fix>,
}

impl<'a> Suppressions<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        let directives = directives(file);
        let scopes = directives
            .iter()
            .map(|directive| Scope::of(file, directive))
            .collect();
        let used = directives
            .iter()
            .map(|directive| vec![false; directive.targets.len()])
            .collect();
        Self {
            file,
            directives,
            scopes,
            used,
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// Takes the suppressed ones out of `findings` and returns how many they were. What says that a
    /// file is not Go cannot be suppressed.
    pub(crate) fn apply(&mut self, findings: &mut Vec<Diagnostic>) -> usize {
        let before = findings.len();
        findings.retain(|finding| !self.suppresses(finding));
        before - findings.len()
    }

    fn suppresses(&mut self, finding: &Diagnostic) -> bool {
        let Some(rule) = index_of(finding.rule) else {
            return false;
        };
        let range = Span::new(finding.range.start, finding.range.end);
        let mut suppressed = false;
        for ((directive, scope), used) in
            self.directives.iter().zip(&self.scopes).zip(&mut self.used)
        {
            if !scope.covers(range) {
                continue;
            }
            for (target, used) in directive.targets.iter().zip(used) {
                let meant = match target.what {
                    What::Everything | What::Deferscope => true,
                    What::Rules(selector) => selector.contains(rule),
                };
                *used |= meant;
                suppressed |= meant;
            }
        }
        suppressed
    }

    /// What is wrong with the directives, given the rules that ran. To be asked after
    /// [`Suppressions::apply`].
    pub(crate) fn complaints(&self, selection: &Selection) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if let Some(severity) = selection.severity_of(INVALID_SUPPRESSION.name) {
            let mistakes = self
                .directives
                .iter()
                .flat_map(|directive| &directive.mistakes);
            complaints.extend(mistakes.map(|mistake| Complaint {
                rule: &INVALID_SUPPRESSION,
                severity,
                span: mistake.span,
                message: mistake.message.clone(),
                help: Some(mistake.help.clone()),
                fix: None,
            }));
        }
        if let Some(severity) = selection.severity_of(UNUSED_SUPPRESSION.name) {
            for (directive, used) in self.directives.iter().zip(&self.used) {
                complaints.extend(self.unused(directive, used, selection, severity));
            }
        }
        complaints
    }

    fn unused(
        &self,
        directive: &Directive,
        used: &[bool],
        selection: &Selection,
        severity: Severity,
    ) -> Vec<Complaint> {
        // Whether a rule that did not run would have found something is unknown.
        let known = |what| match what {
            What::Everything => false,
            What::Deferscope => selection.covers_defaults(),
            What::Rules(selector) => covers(selection, selector),
        };
        let targets = directive.targets.iter().zip(used);
        let idle: Vec<_> = targets
            .filter(|(target, used)| !**used && known(target.what))
            .map(|(target, _)| target)
            .collect();
        let whole = idle.len() == directive.targets.len()
            && !directive.names_others
            && directive.mistakes.is_empty();
        if whole && !idle.is_empty() {
            return vec![Complaint {
                rule: &UNUSED_SUPPRESSION,
                severity,
                span: directive.span,
                message: "the comment suppresses nothing".to_owned(),
                help: Some("remove it, so that it does not hide a later defect".to_owned()),
                fix: Some(self.removal(directive.span)),
            }];
        }
        let one = |target: &&directive::Target| {
            let name = self.file.span_text(target.span);
            Complaint {
                rule: &UNUSED_SUPPRESSION,
                severity,
                span: target.span,
                message: format!("`{name}` suppresses nothing here"),
                help: Some(format!("remove `{name}` from the comment")),
                fix: None,
            }
        };
        idle.iter().map(one).collect()
    }

    /// Removes a comment, with its line when it is alone on it.
    fn removal(&self, comment: Span) -> Fix {
        let text = self.file.text();
        let start = line_start(text, comment.start);
        let before = &text[start as usize..comment.start as usize];
        let span = if before.trim().is_empty() {
            let end = line_end(text, comment.end);
            Span::new(
                start,
                if (end as usize) < text.len() {
                    end + 1
                } else {
                    end
                },
            )
        } else {
            let spaces = before.len() - before.trim_end().len();
            Span::new(
                comment.start - u32::try_from(spaces).unwrap_or(0),
                comment.end,
            )
        };
        Fix {
            applicability: Applicability::Safe,
            description: "Remove the comment".to_owned(),
            edits: vec![Edit {
                path: None,
                range: ByteRange {
                    start: span.start,
                    end: span.end,
                },
                text: String::new(),
            }],
        }
    }
}

/// Whether all rules that are on by default and belong to `selector` ran; a rule that is named must
/// have run.
fn covers(selection: &Selection, selector: Selector) -> bool {
    let metas = crate::catalogue::all().iter().enumerate();
    metas
        .filter(|(index, meta)| {
            selector.contains(*index)
                && (meta.on_by_default || matches!(selector, Selector::Rule(_)))
        })
        .all(|(index, _)| selection.severity(index).is_some())
}
