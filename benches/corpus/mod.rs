//! A corpus of posts, the same for the same number: bodies of 200 to 2,000 characters with lists, quotes, links,
//! mentions, tags, emoji and words of many scripts; two to five accounts a post; a copy of their own for nearly half of
//! them; images on a third.

use std::{fmt::Write as _, fs, io, path::Path};

const ACCOUNTS: [&str; 8] = ["mastodon", "bluesky", "linkedin", "x", "threads", "telegram", "discord", "devto"];
const WORDS: &str = "release build deploy cache queue worker metrics latency budget review shipping feature customer \
    feedback roadmap community open source library runtime compiler schema migration index query plan rollback incident \
    dashboard signal alert threshold backup restore snapshot cluster node edge region quota limit burst retry token scope \
    audit policy draft editor preview schedule calendar thread reply quote follower audience newsletter podcast meetup the \
    a of and to in we our you your this that with for from on by it is are was can will more less first next last new old";
const TAGS: [&str; 12] = [
    "rust",
    "opensource",
    "devops",
    "webdev",
    "announcement",
    "release",
    "tips",
    "tutorial",
    "security",
    "design",
    "hiring",
    "community",
];
const EMOJI: [&str; 10] = ["🚀", "🎉", "🔥", "🦀", "✅", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "❤️"];
const HANDLES: [&str; 5] =
    ["ada@hachyderm.example", "grace@mastodon.example", "alice.bsky.example", "bob.bsky.example", "team_acme"];
const FOREIGN: [&str; 8] = ["Zürich", "naïve", "café", "東京", "новости", "مرحبا", "Paulo", "Ελλάδα"];
const IMAGES: usize = 64;

/// A small generator of pseudo-random numbers (splitmix64), so that a corpus needs no crate and never changes.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// Writes a workspace of `posts` posts into an empty folder.
pub(crate) fn write(folder: &Path, posts: usize) -> io::Result<()> {
    let content = folder.join("content");
    fs::create_dir_all(content.join("media"))?;
    let mut config = String::from("[workspace]\nname = \"Corpus\"\ntimezone = \"UTC\"\nbranch = \"main\"\n");
    for account in ACCOUNTS {
        let rest = match account {
            "mastodon" => "network = \"mastodon\"\nendpoint = \"https://mastodon.example\"\ntoken = \"env:MASTODON\"\n",
            "bluesky" => "network = \"bluesky\"\nhandle = \"corpus.example\"\ntoken = \"env:BLUESKY\"\n",
            _ => "network = \"site\"\n",
        };
        write!(config, "\n[accounts.{account}]\n{rest}").expect("a string");
    }
    fs::write(folder.join("masthead.toml"), config)?;
    for number in 0..IMAGES {
        let image = image::RgbImage::from_fn(32, 32, |x, y| image::Rgb([(x * 8) as u8, (y * 8) as u8, number as u8]));
        image.save(content.join(format!("media/m{number:02}.png"))).map_err(io::Error::other)?;
    }
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    for number in 0..posts {
        let mut random = Random(number as u64 * 1_000_003 + 1);
        let day = number * 2370 / posts.max(1);
        let below = content.join(format!("{}/{:02}", 2020 + day / 365, day % 365 / 31 + 1));
        if number == 0 || number % 16 == 0 || !below.exists() {
            fs::create_dir_all(&below)?;
        }
        let text = post(number, day, &words, &mut random);
        fs::write(below.join(format!("{number:06}-post.md")), text)?;
    }
    Ok(())
}

fn post(number: usize, day: usize, words: &[&str], random: &mut Random) -> String {
    let mut accounts: Vec<&str> = ACCOUNTS.into_iter().filter(|_| random.percent(44)).collect();
    if accounts.len() < 2 {
        accounts = vec!["mastodon", "devto"];
    }
    let list = accounts.iter().map(|account| format!("\"{account}\"")).collect::<Vec<_>>().join(", ");
    let tag = random.pick(&TAGS);
    let mut out = format!(
        "+++\nid = \"{number:06}-post\"\nto = [{list}]\ndate = {}-{:02}-{:02}T{:02}:{:02}:00Z\ntags = [\"{tag}\"]\n+++\n\n",
        2020 + day / 365,
        day % 365 / 31 + 1,
        day % 28 + 1,
        number % 24,
        number % 60,
    );
    let start = out.len();
    let target = 200 + random.below(900) + random.below(900);
    while out.len() - start < target {
        match random.below(100) {
            0..12 => {
                (0..2 + random.below(3))
                    .for_each(|_| writeln!(out, "- {}", sentence(words, random)).expect("a string"));
            }
            12..17 => writeln!(out, "> {}", sentence(words, random)).expect("a string"),
            17..21 => writeln!(out, "## {}", random.pick(words)).expect("a string"),
            21..24 => {
                write!(out, "1. {}\n2. {}\n", sentence(words, random), sentence(words, random)).expect("a string");
            }
            _ => {
                let sentences: Vec<String> = (0..1 + random.below(3)).map(|_| sentence(words, random)).collect();
                writeln!(out, "{}", sentences.join(" ")).expect("a string");
            }
        }
        out.push('\n');
    }
    writeln!(out, "#{tag}").expect("a string");
    let depth = "../../media";
    if random.percent(35) {
        for _ in 0..1 + random.below(3) {
            write!(
                out,
                "\n![{}]({depth}/m{:02}.png)\n",
                sentence(words, random).replace(['[', ']', '(', ')'], ""),
                random.below(IMAGES)
            )
            .expect("a string");
        }
    }
    for account in &accounts {
        if random.percent(45) {
            write!(out, "\n# @{account}\n\n{}\n", sentence(words, random)).expect("a string");
        }
    }
    out
}

fn sentence(words: &[&str], random: &mut Random) -> String {
    let mut parts: Vec<String> = (0..6 + random.below(11)).map(|_| random.pick(words).to_owned()).collect();
    let at = random.below(parts.len());
    if random.percent(15) {
        parts[at] = random.pick(&FOREIGN).to_owned();
    }
    match random.below(100) {
        0..10 => parts[at] = format!("**{}**", parts[at]),
        10..18 => parts[at] = format!("*{}*", parts[at]),
        18..24 => parts[at] = format!("`{}`", parts[at]),
        24..36 => {
            parts[at] =
                format!("[{}](https://example.com/{}/{})", parts[at], random.pick(&TAGS), random.below(100_000));
        }
        36..42 => parts.push(format!("https://blog.example.org/{}/{}", random.below(2026), random.pick(words))),
        42..52 => parts.insert(at, format!("@{}", random.pick(&HANDLES))),
        52..66 => parts.push(random.pick(&EMOJI).to_owned()),
        66..76 => parts.push(format!("#{}", random.pick(&TAGS))),
        _ => {}
    }
    parts.join(" ") + "."
}
