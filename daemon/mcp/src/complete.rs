// SPDX-License-Identifier: GPL-3.0-or-later
//! Completion of names, for the gaps of templates and the arguments of prompts.

use rmcp::model::{ArgumentInfo, CompletionInfo, Reference};

use crate::answer::{Kind, names};
use crate::desk::Desk;
use crate::prompts;
use crate::resources::kind_of_template;
use crate::trouble::Trouble;

/// The names that may stand for the beginning of one.
///
/// # Errors
/// The reference has no such gap, or the ledger cannot be used.
pub async fn complete(
    desk: &Desk,
    of: &Reference,
    argument: ArgumentInfo,
) -> Result<CompletionInfo, Trouble> {
    let kind = kind(of, &argument.name)?;
    let prefix = argument.value;
    let (values, count) = desk
        .ask(move |books| names(books, kind, &prefix, CompletionInfo::MAX_VALUES))
        .await?;
    let has_more = count > values.len();
    let total = u32::try_from(count).ok();
    CompletionInfo::with_pagination(values, total, has_more).map_err(Trouble::Question)
}

fn kind(of: &Reference, argument: &str) -> Result<Kind, Trouble> {
    let found = match of {
        Reference::Resource(template) => kind_of_template(&template.uri, argument),
        Reference::Prompt(prompt) => prompts::kind_of_argument(&prompt.name, argument),
        _ => None,
    };
    found.ok_or_else(|| {
        let what = of
            .as_resource_uri()
            .or(of.as_prompt_name())
            .unwrap_or("this reference");
        Trouble::Question(format!("{what} has no argument {argument} to complete"))
    })
}
