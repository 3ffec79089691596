use crate::{
    diag::Span,
    model::{Block, Part},
};
use std::sync::Arc;

/// Joins the parts of a thread into one, with a rule between two, for networks without threads.
pub fn join(parts: &[Part]) -> Arc<[Block]> {
    let mut filled = parts.iter().filter(|part| !part.blocks.is_empty());
    let (first, second) = (filled.next(), filled.next());
    if let (Some(only), None) = (first, second) {
        return only.blocks.clone();
    }
    let mut blocks = Vec::with_capacity(parts.iter().map(|part| part.blocks.len() + 1).sum());
    for part in parts.iter().filter(|part| !part.blocks.is_empty()) {
        if !blocks.is_empty() {
            let Span { file, start, .. } = part.span;
            blocks.push(Block::Rule { span: Span { file, start, end: start } });
        }
        blocks.extend_from_slice(&part.blocks);
    }
    blocks.into()
}
