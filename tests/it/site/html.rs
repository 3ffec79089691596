//! Reads HTML as a browser does, and tells what a browser would have to mend.

use html5ever::{
    Attribute, ParseOpts, QualName, ns, parse_document,
    tendril::{StrTendril, TendrilSink as _},
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeBuilderOpts, TreeSink},
};
use std::{
    borrow::Cow,
    cell::{Ref, RefCell},
};

/// What reading a page gave.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What a browser would have to mend, or shouldn't be there.
    pub(crate) errors: Vec<String>,
    /// Every element in the order of opening: its name and attributes.
    pub(crate) elements: Vec<(String, Vec<(String, String)>)>,
}

impl Page {
    /// Returns every value of an attribute.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let all = self.elements.iter().flat_map(|(_, attributes)| attributes);
        all.filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Counts elements of a name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.elements.iter().filter(|(known, _)| known == name).count()
    }
}

/// Reads a page.
pub(crate) fn read(text: &str) -> Page {
    let sink = Sink { names: RefCell::new(vec![None]), page: RefCell::new(Page::default()) };
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { exact_errors: true, ..TreeBuilderOpts::default() },
        tokenizer: html5ever::tokenizer::TokenizerOpts { exact_errors: true, ..Default::default() },
    };
    parse_document(sink, options).one(text)
}

/// Keeps names and attributes, not the tree: the parser's own stack is enough to find what is misplaced.
struct Sink {
    names: RefCell<Vec<Option<QualName>>>,
    page: RefCell<Page>,
}

impl Sink {
    fn make(&self, name: Option<QualName>) -> usize {
        let mut names = self.names.borrow_mut();
        names.push(name);
        names.len() - 1
    }

    fn error(&self, text: impl Into<String>) {
        self.page.borrow_mut().errors.push(text.into());
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Page;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Page {
        self.page.into_inner()
    }

    fn parse_error(&self, message: Cow<'static, str>) {
        self.error(message);
    }

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Ref<'a, QualName> {
        Ref::map(self.names.borrow(), |names| names[*target].as_ref().expect("an element"))
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        assert!(name.ns == ns!(html) || name.ns == ns!(svg), "the pages hold HTML and drawings alone");
        let attributes = attributes.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        self.page.borrow_mut().elements.push((name.local.to_string(), attributes));
        self.make(Some(name))
    }

    fn create_comment(&self, text: StrTendril) -> usize {
        self.error(format!("a comment: {text}"));
        self.make(None)
    }

    fn create_pi(&self, target: StrTendril, _: StrTendril) -> usize {
        self.error(format!("a processing instruction: {target}"));
        self.make(None)
    }

    fn append(&self, _: &usize, _: NodeOrText<usize>) {}

    fn append_based_on_parent_node(&self, _: &usize, _: &usize, _: NodeOrText<usize>) {
        self.error("content that a table pushes out");
    }

    fn append_doctype_to_document(&self, name: StrTendril, _: StrTendril, _: StrTendril) {
        assert_eq!(&*name, "html");
    }

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        if mode != QuirksMode::NoQuirks {
            self.error("quirks mode");
        }
    }

    fn append_before_sibling(&self, _: &usize, _: NodeOrText<usize>) {}

    fn add_attrs_if_missing(&self, _: &usize, _: Vec<Attribute>) {
        self.error("attributes of a second `html` or `body`");
    }

    fn remove_from_parent(&self, _: &usize) {}

    fn reparent_children(&self, _: &usize, _: &usize) {}
}

#[test]
fn mistakes_are_found() {
    let good = "<!doctype html><html lang=en><head><title>x</title></head><body><p>a <b>b</b></p></body></html>";
    assert_eq!(read(good).errors, Vec::<String>::new());
    for (from, to) in [
        ("</b>", ""),
        ("<p>", "<p><li>x</p>"),
        ("a ", "a & <"),
        ("<!doctype html>", ""),
        ("<p>", "<p id=1 id=2>"),
        ("a ", "\u{1}"),
        ("a ", "<table>x</table>"),
    ] {
        assert!(!read(&good.replace(from, to)).errors.is_empty(), "{from} → {to}");
    }
}
