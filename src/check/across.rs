use crate::{
    diag::{Code, Diagnostic, Level, Span, Spanned, did_you_mean},
    model::{AccountId, Post, PostId, Reference},
};
use std::collections::HashMap;

static DUPLICATE_ID: Code = Code {
    name: "duplicate-id",
    summary: "two posts have the same id",
    level: Level::Error,
    fixed: true,
    explain: "The ledger knows a post by its id. With two posts of one id, the second would count as published when the \
              first is, or the first be taken for changed.\n\n\
              ```toml\nid = \"hoodie-launch\"   # copied along with the file\n```\n\n\
              Give the newer post another id. If one of them is out already, it must keep its own.",
};

static REFERENCE_UNKNOWN: Code = Code {
    name: "reference-unknown",
    summary: "a post refers to one that there isn't",
    level: Level::Error,
    fixed: true,
    explain: "`reply_to`, `quote` and `boost` name a post of this workspace by its id, or any other by its address. There is \
              no post with this id, so what is to be answered or quoted can't be found.\n\n\
              ```toml\nreply_to = \"hoodie-lauch\"   # hoodie-launch\n```\n\n\
              Correct the id, or write the address with `https://`. A post without `id` is known by its path below \
              `content/`, without `.md`.",
};

static REFERENCE_DRAFT: Code = Code {
    name: "reference-draft",
    summary: "a post refers to a draft",
    level: Level::Warning,
    fixed: false,
    explain: "The post answers, quotes or passes on one with `draft = true`. A draft is never published, so this post would \
              wait for it without end.\n\n\
              ```toml\nreply_to = \"hoodie-launch\"   # which has draft = true\n```\n\n\
              Take `draft` out of the other post when it is ready, or make this one a draft too.",
};

static REFERENCE_ACCOUNT: Code = Code {
    name: "reference-account",
    summary: "a post refers to one that its account never publishes",
    level: Level::Error,
    fixed: true,
    explain: "Networks don't know each other's posts: an account can answer, quote or pass on only what exists on its own \
              network. Here the other post isn't sent by that account, so this one would wait for it without end.\n\n\
              ```toml\nto = [\"brand\", \"sky\"]\nreply_to = \"hoodie-launch\"   # which goes to brand alone\n```\n\n\
              Take the account out of `to`, add it to the other post, or write the address of what is meant.",
};

static REFERENCE_CYCLE: Code = Code {
    name: "reference-cycle",
    summary: "posts wait for one another",
    level: Level::Error,
    fixed: true,
    explain: "A post goes out after the one that it answers, quotes or passes on. Here that one waits for this one in turn, \
              directly or over others, so none of them would ever go out.\n\n\
              ```toml\nid = \"a\"\nreply_to = \"b\"   # and b quotes a\n```\n\n\
              Take one of the references out.",
};

pub(super) static CODES: &[&Code] =
    &[&DUPLICATE_ID, &REFERENCE_UNKNOWN, &REFERENCE_DRAFT, &REFERENCE_ACCOUNT, &REFERENCE_CYCLE];

/// How many references get a suggestion: each is compared with every id there is.
const SUGGESTIONS: usize = 5;

/// What must be remembered of a post to compare it with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    id: PostId,
    span: Span,
    draft: bool,
    accounts: Vec<AccountId>,
    references: Vec<(&'static str, Spanned<PostId>)>,
    allows_draft: bool,
}

impl Summary {
    /// Takes what matters from a post, so that the post itself can be dropped.
    pub fn of(post: &Post) -> Self {
        let references = [("reply_to", &post.reply_to), ("quote", &post.quote), ("boost", &post.boost)];
        let references = references.into_iter().filter_map(|(key, reference)| match reference {
            Some(Spanned { value: Reference::Post(id), span }) => Some((key, Spanned::new(id.clone(), *span))),
            Some(Spanned { value: Reference::Url(_), .. }) | None => None,
        });
        Self {
            id: post.id.value.clone(),
            span: post.id.span,
            draft: post.draft,
            accounts: post.targets.iter().map(|target| target.account.value.clone()).collect(),
            // What is taken back refers to nothing any more.
            references: references.filter(|_| !post.retract).collect(),
            allows_draft: post.silenced.iter().any(|silence| silence.code.value == REFERENCE_DRAFT.name),
        }
    }
}

/// Compares posts with one another: ids that are there twice, references that lead nowhere.
///
/// Posts are added in any order; a hundred thousand of them take some ten megabytes.
#[derive(Debug, Default)]
pub struct Across {
    posts: Vec<Entry>,
    /// The sets of accounts that posts go to: there are few, however many posts there are.
    sets: Vec<Box<[AccountId]>>,
    known_sets: HashMap<Box<[AccountId]>, u32>,
    references: Vec<Pointer>,
}

#[derive(Debug)]
struct Entry {
    id: PostId,
    span: Span,
    set: u32,
    draft: bool,
}

#[derive(Debug)]
struct Pointer {
    from: Entry,
    key: &'static str,
    to: Spanned<PostId>,
    allows_draft: bool,
}

impl Across {
    /// Starts with no post.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a post.
    pub fn add(&mut self, summary: Summary) {
        let Summary { id, span, draft, accounts, references, allows_draft } = summary;
        let mut accounts = accounts.into_boxed_slice();
        accounts.sort_unstable();
        let set = match self.known_sets.get(&accounts) {
            Some(set) => *set,
            None => {
                let set = u32::try_from(self.sets.len()).expect("fewer sets than posts");
                self.sets.push(accounts.clone());
                self.known_sets.insert(accounts, set);
                set
            }
        };
        for (key, to) in references {
            let from = Entry { id: id.clone(), span, set, draft };
            self.references.push(Pointer { from, key, to, allows_draft });
        }
        self.posts.push(Entry { id, span, set, draft });
    }

    /// Tells what is wrong between the posts, sorted by place. Levels of `[check]` are for the caller to lay over.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        // The order of adding must not show.
        self.posts.sort_unstable_by(|a, b| a.id.cmp(&b.id).then(a.span.cmp(&b.span)));
        self.references.sort_unstable_by_key(|pointer| (pointer.to.span, pointer.key));
        let mut found = self.duplicates();
        let mut suggestions = SUGGESTIONS;
        for pointer in &self.references {
            self.follow(pointer, &mut suggestions, &mut found);
        }
        self.cycles(&mut found);
        found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        found
    }

    fn duplicates(&self) -> Vec<Diagnostic> {
        let same = self.posts.chunk_by(|a, b| a.id == b.id).filter(|same| same.len() > 1);
        let tell = |same: &[Entry]| -> Vec<Diagnostic> {
            let [first, others @ ..] = same else { return Vec::new() };
            let finding = |other: &Entry| {
                Diagnostic::new(&DUPLICATE_ID, other.span, format!("the id `{}` is taken", other.id))
                    .label("here again")
                    .also(first.span, "first used here")
                    .help("give the newer post another id")
            };
            others.iter().map(finding).collect()
        };
        same.flat_map(tell).collect()
    }

    fn find(&self, id: &PostId) -> Option<&Entry> {
        self.posts.binary_search_by(|entry| entry.id.cmp(id)).ok().map(|at| &self.posts[at])
    }

    fn follow(&self, pointer: &Pointer, suggestions: &mut usize, found: &mut Vec<Diagnostic>) {
        let (key, id, span) = (pointer.key, &pointer.to.value, pointer.to.span);
        let Some(other) = self.find(id) else {
            let near = (*suggestions > 0)
                .then(|| did_you_mean(id.as_str(), self.posts.iter().map(|entry| entry.id.as_str())))
                .flatten();
            *suggestions = suggestions.saturating_sub(1);
            let finding =
                Diagnostic::new(&REFERENCE_UNKNOWN, span, format!("`{key}` names `{id}`, but there is no such post"));
            found.push(match near {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("write the id of a post of this workspace, or an address with `https://`"),
            });
            return;
        };
        if other.draft && !pointer.from.draft && !pointer.allows_draft {
            found.push(
                Diagnostic::new(&REFERENCE_DRAFT, span, format!("`{key}` names `{id}`, which is a draft"))
                    .also(other.span, "the draft")
                    .help("make this one a draft too, or take `draft` out of the other"),
            );
        }
        let theirs = &self.sets[other.set as usize];
        let lacking =
            self.sets[pointer.from.set as usize].iter().filter(|account| theirs.binary_search(account).is_err());
        let lacking: Vec<&str> = lacking.map(AccountId::as_str).collect();
        if !lacking.is_empty() {
            let names = crate::diag::words::names(lacking);
            found.push(
                Diagnostic::new(&REFERENCE_ACCOUNT, span, format!("`{key}` names `{id}`, which doesn't go to {names}"))
                    .also(other.span, "the other post")
                    .help(format!("take {names} out of `to`, or add it to the other post")),
            );
        }
    }

    /// Tells each circle of references once, at the first place that closes one.
    fn cycles(&self, found: &mut Vec<Diagnostic>) {
        let mut next: HashMap<&PostId, Vec<&Pointer>> = HashMap::new();
        for pointer in &self.references {
            next.entry(&pointer.from.id).or_default().push(pointer);
        }
        // 1: on the way from where the walk began; 2: done.
        let mut state: HashMap<&PostId, u8> = HashMap::new();
        for start in self.references.iter().map(|pointer| &pointer.from.id) {
            let mut way: Vec<(&PostId, usize)> = vec![(start, 0)];
            if state.contains_key(start) {
                continue;
            }
            state.insert(start, 1);
            while let Some((id, at)) = way.last_mut() {
                let Some(pointer) = next.get(*id).and_then(|pointers| pointers.get(*at)) else {
                    state.insert(id, 2);
                    way.pop();
                    continue;
                };
                *at += 1;
                let to = &pointer.to.value;
                match state.get(to) {
                    Some(1) => found.push(Self::cycle(pointer, &way)),
                    Some(_) => {}
                    None => {
                        state.insert(to, 1);
                        way.push((to, 0));
                    }
                }
            }
        }
    }

    fn cycle(closing: &Pointer, way: &[(&PostId, usize)]) -> Diagnostic {
        let from = way.iter().position(|(id, _)| **id == closing.to.value).unwrap_or(0);
        let circle: Vec<&str> = way[from..].iter().map(|(id, _)| id.as_str()).collect();
        let message = match circle.as_slice() {
            [only] => format!("`{only}` refers to itself"),
            circle => format!("{} wait for one another", crate::diag::words::names(circle.iter().copied())),
        };
        Diagnostic::new(&REFERENCE_CYCLE, closing.to.span, message).help("take one of the references out")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    struct Given {
        file: u32,
        id: &'static str,
        draft: bool,
        to: &'static [&'static str],
        refers: &'static [(&'static str, &'static str)],
    }

    const PLAIN: Given = Given { file: 0, id: "", draft: false, to: &["brand"], refers: &[] };

    fn summary(given: &Given) -> Summary {
        let file = FileId(given.file);
        let reference = |(i, (key, id)): (usize, &(&'static str, &str))| {
            (*key, Spanned::new(PostId::new(*id), Span::new(file, 10 + i..11 + i)))
        };
        Summary {
            id: PostId::new(given.id),
            span: Span::new(file, 0..1),
            draft: given.draft,
            accounts: given.to.iter().map(|id| AccountId::new(*id)).collect(),
            references: given.refers.iter().enumerate().map(reference).collect(),
            allows_draft: false,
        }
    }

    /// Checks what is told, in both orders of adding.
    #[track_caller]
    fn check(given: &[Given], expect: &[(u32, &str, &str)]) {
        for backwards in [false, true] {
            let mut across = Across::new();
            if backwards {
                given.iter().rev().for_each(|given| across.add(summary(given)));
            } else {
                given.iter().for_each(|given| across.add(summary(given)));
            }
            let found = across.finish();
            let found: Vec<_> =
                found.iter().map(|found| (found.primary.span.file.0, found.code.name, &*found.message)).collect();
            assert_eq!(found, expect, "backwards: {backwards}");
        }
    }

    #[test]
    fn ids_and_references_that_fit_are_fine() {
        let posts = [
            Given { id: "a", to: &["brand", "sky"], ..PLAIN },
            Given { file: 1, id: "b", refers: &[("reply_to", "a"), ("quote", "a")], ..PLAIN },
        ];
        check(&posts, &[]);
    }

    #[test]
    fn a_second_use_of_an_id_is_told_at_every_further_place() {
        let posts =
            [Given { id: "a", ..PLAIN }, Given { file: 1, id: "a", ..PLAIN }, Given { file: 2, id: "a", ..PLAIN }];
        check(&posts, &[(1, "duplicate-id", "the id `a` is taken"), (2, "duplicate-id", "the id `a` is taken")]);
    }

    #[test]
    fn references_to_nothing_to_drafts_and_to_other_accounts_are_told() {
        let posts = [
            Given { id: "launch", draft: true, ..PLAIN },
            Given { file: 1, id: "b", refers: &[("boost", "lunch")], ..PLAIN },
            Given { file: 2, id: "c", to: &["brand", "sky", "home"], refers: &[("quote", "launch")], ..PLAIN },
        ];
        check(
            &posts,
            &[
                (1, "reference-unknown", "`boost` names `lunch`, but there is no such post"),
                (2, "reference-account", "`quote` names `launch`, which doesn't go to `home` and `sky`"),
                (2, "reference-draft", "`quote` names `launch`, which is a draft"),
            ],
        );
    }

    #[test]
    fn a_draft_may_refer_to_a_draft() {
        let posts = [
            Given { id: "a", draft: true, ..PLAIN },
            Given { file: 1, id: "b", draft: true, refers: &[("reply_to", "a")], ..PLAIN },
        ];
        check(&posts, &[]);
    }

    #[test]
    fn circles_are_told_once() {
        let posts = [
            Given { id: "a", refers: &[("reply_to", "b")], ..PLAIN },
            Given { file: 1, id: "b", refers: &[("quote", "c")], ..PLAIN },
            Given { file: 2, id: "c", refers: &[("quote", "a")], ..PLAIN },
            Given { file: 3, id: "d", refers: &[("quote", "d")], ..PLAIN },
        ];
        check(
            &posts,
            &[
                (2, "reference-cycle", "`a`, `b` and `c` wait for one another"),
                (3, "reference-cycle", "`d` refers to itself"),
            ],
        );
    }

    #[test]
    fn many_thousand_posts_are_compared_in_passing() {
        let mut across = Across::new();
        for n in 0..15_000u32 {
            let mut summary = summary(&Given { file: n, ..PLAIN });
            summary.id = PostId::new(format!("post-{n}"));
            if n % 3 == 1 {
                summary.references = vec![("quote", Spanned::new(PostId::new(format!("past-{n}")), summary.span))];
            }
            across.add(summary);
        }
        assert_eq!(across.sets.len(), 1);
        assert_eq!(across.finish().len(), 5_000);
    }
}
