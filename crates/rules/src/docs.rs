//! The documentation of a rule, as its doc comment has it.

use crate::rule::RuleMeta;

/// A doc comment taken apart.
#[derive(Clone, Debug)]
pub struct RuleDoc<'a> {
    /// The first paragraph: one line.
    pub summary: &'a str,
    /// What stands under each heading.
    pub sections: Vec<Section<'a>>,
}

/// A part of the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// The heading.
    pub title: &'a str,
    /// Markdown.
    pub text: &'a str,
}

impl<'a> RuleDoc<'a> {
    /// Takes the documentation of a rule apart.
    pub fn of(meta: &'a RuleMeta) -> Self {
        Self::parse(meta.doc)
    }

    fn parse(doc: &'a str) -> Self {
        let mut parts = doc.split("\n ## ");
        let summary = parts.next().unwrap_or_default().trim();
        let sections = parts
            .map(|part| {
                let (title, text) = part.split_once('\n').unwrap_or((part, ""));
                Section {
                    title: title.trim(),
                    text,
                }
            })
            .collect();
        Self { summary, sections }
    }

    /// The text under a heading.
    pub fn section(&self, title: &str) -> Option<&'a str> {
        self.sections
            .iter()
            .find(|section| section.title == title)
            .map(|section| section.text)
    }

    /// The Go code in the fenced blocks under a heading.
    pub fn code(&self, title: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut current: Option<String> = None;
        for line in self.section(title).unwrap_or_default().lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            match (&mut current, line.trim_end()) {
                (None, "```go") => current = Some(String::new()),
                (Some(_), "```") => blocks.extend(current.take()),
                (Some(code), _) => {
                    code.push_str(line);
                    code.push('\n');
                }
                (None, _) => {}
            }
        }
        blocks
    }

    /// The documentation as a Markdown page.
    pub fn to_markdown(&self, meta: &RuleMeta) -> String {
        let mut page = format!(
            "# {}\n\n{}\n\nCategory: {}. Severity: {}. {} by default.\n",
            meta.name,
            self.summary,
            meta.category.as_str(),
            meta.severity.as_str(),
            if meta.on_by_default { "On" } else { "Off" },
        );
        for section in &self.sections {
            page.push_str(&format!("\n## {}\n\n", section.title));
            let body: Vec<&str> = section
                .text
                .lines()
                .map(|line| line.strip_prefix(' ').unwrap_or(line))
                .collect();
            page.push_str(body.join("\n").trim_matches('\n'));
            page.push('\n');
        }
        page
    }
}
