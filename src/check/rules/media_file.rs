use crate::{
    check::case::Case,
    diag::{Code, Diagnostic, Level},
    model::{MediaProblem, MediaSource},
};

pub(super) static MISSING: Code = Code {
    name: "media-missing",
    summary: "an image or video isn't there",
    level: Level::Error,
    fixed: true,
    explain: "The post attaches a file that doesn't exist. Paths are read from the folder of the post, and upper and lower \
              case differ even where your disk doesn't mind: the machine that publishes may.\n\n\
              ```markdown\n![A Sim in a black hoodie](Hoodie.jpg)   # the file is hoodie.jpg\n```\n\n\
              Put the file there, correct its name, and commit it: only what is committed is published.",
};

pub(super) static NOT_A_FILE: Code = Code {
    name: "media-not-a-file",
    summary: "an image or video is no plain file inside the workspace",
    level: Level::Error,
    fixed: true,
    explain: "What a post attaches must be a plain file inside the workspace. A symbolic link, a folder or a path that \
              leads out of the workspace is refused: it could publish a file that nobody reviewed.\n\n\
              Copy the file itself beside the post and commit it.",
};

pub(super) static UNKNOWN_KIND: Code = Code {
    name: "media-unknown-kind",
    summary: "a file is no kind of image or video that is known",
    level: Level::Error,
    fixed: true,
    explain: "What a file is is told from its first bytes, not from its name. JPEG, PNG, GIF and WebP images and MP4 and \
              WebM videos are known. This file is none of them, though its name may say so; a HEIC photo renamed to `.jpg` is \
              a common case, and a pointer left by Git LFS another.\n\n\
              Convert the file, or fetch the real one.",
};

pub(super) static DAMAGED: Code = Code {
    name: "media-damaged",
    summary: "an image or video can't be read",
    level: Level::Error,
    fixed: true,
    explain: "The file begins as an image or video does, but its header makes no sense: it was cut short or damaged on \
              the way. A network would refuse it or show a broken picture.\n\n\
              Export or copy it again, and look at it before you commit it.",
};

pub(super) static UNREADABLE: Code = Code {
    name: "media-unreadable",
    summary: "an image or video can't be opened",
    level: Level::Error,
    fixed: true,
    explain: "The file is there but the system doesn't let it be opened. Most often its permissions are wrong, or another \
              program holds it.\n\n\
              Mend its permissions, as with `chmod u+r FILE`, and check again.",
};

/// Reports files that can't be used, once for each place that names them.
pub(super) fn check(case: &Case<'_>, found: &mut Vec<Diagnostic>) {
    for media in &case.nodes.media {
        let MediaSource::File(path) = &media.source else { continue };
        let Err(problem) = case.cx.media.look(path) else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        let finding = |code, message: String| Diagnostic::new(code, media.span, message);
        found.push(match problem {
            MediaProblem::Missing { near } => {
                let finding = finding(&MISSING, format!("`{path}` doesn't exist"));
                match near {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help(format!("put `{name}` beside `{}` and commit it", case.path)),
                }
            }
            MediaProblem::NotAFile => finding(&NOT_A_FILE, format!("`{path}` is no plain file inside the workspace"))
                .help("copy the file itself into the workspace"),
            MediaProblem::UnknownKind => {
                finding(&UNKNOWN_KIND, format!("`{path}` is neither an image nor a video that is known"))
                    .help("convert it to JPEG, PNG, GIF, WebP, MP4 or WebM")
            }
            MediaProblem::Damaged(why) => {
                finding(&DAMAGED, format!("`{path}` is damaged: {why}")).help("export or copy it again")
            }
            MediaProblem::Unreadable(why) => {
                finding(&UNREADABLE, format!("`{path}` can't be opened: {why}")).help("mend its permissions")
            }
        });
    }
}
