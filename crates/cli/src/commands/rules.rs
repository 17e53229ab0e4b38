//! `deferscope rule` and `deferscope rules`.

use std::io::{self, Write};

use anyhow::{Result, bail};
use clap::ColorChoice;
use diagnostics::Category;
use engine::catalogue;
use rules::{RuleDoc, RuleMeta};
use serde::Serialize;

use crate::args::{ListFormat, RuleArgs, RuleFormat};
use crate::exit::Exit;
use crate::output::{to_stdout, use_color};

/// What programs are told of a rule.
#[derive(Serialize)]
struct RuleObject<'a> {
    name: &'a str,
    category: &'a str,
    severity: &'a str,
    on_by_default: bool,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

impl RuleObject<'_> {
    fn of(meta: &'static RuleMeta, with_page: bool) -> Self {
        let doc = RuleDoc::of(meta);
        Self {
            name: meta.name,
            category: meta.category.as_str(),
            severity: meta.severity.as_str(),
            on_by_default: meta.on_by_default,
            summary: doc.summary,
            markdown: with_page.then(|| doc.to_markdown(meta)),
        }
    }
}

/// Everything that has a page, by category.
pub(crate) fn table() -> Vec<(Category, Vec<&'static RuleMeta>)> {
    let of = |category| {
        catalogue::documented()
            .filter(|meta| meta.category == category)
            .collect()
    };
    let table = Category::ALL
        .iter()
        .map(|&category| (category, of(category)));
    table
        .filter(|(_, metas): &(_, Vec<_>)| !metas.is_empty())
        .collect()
}

pub(crate) fn list(format: ListFormat) -> Result<Exit> {
    match format {
        ListFormat::Text => to_stdout(list_as_text)?,
        ListFormat::Json => {
            let rows = table().into_iter().flat_map(|(_, metas)| metas);
            let objects: Vec<_> = rows.map(|meta| RuleObject::of(meta, false)).collect();
            to_stdout(|out| json(out, &objects))?;
        }
    }
    Ok(Exit::Clean)
}

fn list_as_text(out: &mut dyn Write) -> io::Result<()> {
    let width = catalogue::documented()
        .map(|meta| meta.name.len())
        .max()
        .unwrap_or(0);
    for (index, (category, metas)) in table().into_iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", category.as_str())?;
        for meta in metas {
            let off = if meta.on_by_default {
                ""
            } else {
                " (off by default)"
            };
            writeln!(
                out,
                "  {:width$}  {:7}  {}{off}",
                meta.name,
                meta.severity.as_str(),
                RuleDoc::of(meta).summary
            )?;
        }
    }
    Ok(())
}

pub(crate) fn explain(args: &RuleArgs, color: ColorChoice) -> Result<Exit> {
    let Some(name) = &args.name else {
        return list(if args.format == RuleFormat::Json {
            ListFormat::Json
        } else {
            ListFormat::Text
        });
    };
    let Some(meta) = catalogue::by_name(name) else {
        match catalogue::closest_rule(name) {
            Some(meant) => bail!("there is no rule `{name}`\n  help: did you mean `{meant}`?"),
            None => bail!("there is no rule `{name}`\n  help: `deferscope rules` lists all rules"),
        }
    };
    match args.format {
        RuleFormat::Text => to_stdout(|out| page(out, meta, use_color(color, false)))?,
        RuleFormat::Markdown => {
            to_stdout(|out| out.write_all(RuleDoc::of(meta).to_markdown(meta).as_bytes()))?;
        }
        RuleFormat::Json => to_stdout(|out| json(out, &RuleObject::of(meta, true)))?,
    }
    Ok(Exit::Clean)
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// The page for the terminal: Markdown with headings set off and code moved in.
fn page(out: &mut dyn Write, meta: &RuleMeta, color: bool) -> io::Result<()> {
    let (bold, dim, reset) = if color {
        ("\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m")
    } else {
        ("", "", "")
    };
    let mut in_code = false;
    for line in RuleDoc::of(meta).to_markdown(meta).lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            if line.is_empty() {
                writeln!(out)?;
            } else {
                writeln!(out, "    {dim}{line}{reset}")?;
            }
        } else if let Some(heading) = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")) {
            writeln!(out, "{bold}{heading}{reset}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
