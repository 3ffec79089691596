//! Images and videos.

use super::{check, shown};

#[test]
fn files_that_cannot_be_used_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](none.jpg)\n\n![x y](A.jpg)\n"
    ), @r#"
    error[media-missing]: `content/none.jpg` doesn't exist
     --> content/post.md:5:1
      |
    5 | ![x y](none.jpg)
      | ^^^^^^^^^^^^^^^^
      |
      = help: put `none.jpg` beside `content/post.md` and commit it

    error[media-missing]: `content/A.jpg` doesn't exist
     --> content/post.md:7:1
      |
    7 | ![x y](A.jpg)
      | ^^^^^^^^^^^^^
      |
      = help: did you mean `content/a.jpg`?
    "#);
    check(r#""brand""#, "![x y](link.jpg)", &["media-not-a-file"]);
    check(r#""brand""#, "![x y](text.jpg)", &["media-unknown-kind"]);
    check(r#""brand""#, "![x y](cut.jpg)", &["media-damaged"]);
    check(r#""brand""#, "![x y](locked.jpg)", &["media-unreadable"]);
}

#[test]
fn media_that_a_network_does_not_take_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](a.webp)\n\n---\n\n![x y](big.jpg)\n\n---\n\n![x y](wide.png)\n"
    ), @r#"
    error[media-kind]: Long takes no WebP images, which `content/a.webp` is
     --> content/post.md:5:1
      |
    5 | ![x y](a.webp)
      | ^^^^^^^^^^^^^^
      |
      = help: convert it to `jpg` or `png`, or write a copy of its own under `# @long`

    error[media-too-large]: `content/big.jpg` is 1,000,001 bytes, more than the 1,000,000 bytes that Long takes
     --> content/post.md:9:1
      |
    9 | ![x y](big.jpg)
      | ^^^^^^^^^^^^^^^
      |
      = help: export it smaller

    error[media-too-large]: `content/wide.png` is 4000 × 3000 pixels, 12,000,000 in all, more than the 4,000,000 that Long takes
      --> content/post.md:13:1
       |
    13 | ![x y](wide.png)
       | ^^^^^^^^^^^^^^^^
       |
       = help: export it with fewer pixels
    "#);
    check(r#""sky""#, "![x y](big.jpg)", &[]);
    check(r#""sky""#, "![x y](a.mp4)", &["media-kind"]);
}

#[test]
fn too_many_media_and_mixtures_are_told() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](a.jpg)\n![x y](b.jpg)\n![x y](c.jpg)\n![x y](a.mp4)\n"
    ), @r#"
    error[media-too-many]: 3 images in one post for `brand`, but Long takes 2
     --> content/post.md:7:1
      |
    7 | ![x y](c.jpg)
      | ^^^^^^^^^^^^^ the first too many
      |
      = help: take some out, or spread them over a thread with `---` lines

    error[media-mixed]: Long shows either images or a video in one post, not both
     --> content/post.md:8:1
      |
    5 | ![x y](a.jpg)
      | ------------- an image
    ...
    8 | ![x y](a.mp4)
      | ^^^^^^^^^^^^^ the video
      |
      = help: put the video into a part of its own, after a `---` line
    "#);
    check(r#""home""#, "![x y](a.jpg)\n![x y](b.jpg)\n![x y](c.jpg)\n![x y](a.mp4)", &[]);
}

#[test]
fn descriptions_are_asked_for() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![](a.jpg)\n![a.jpg](a.jpg)\n"
    ), @r#"
    warning[alt-missing]: `content/a.jpg` has no description
     --> content/post.md:5:1
      |
    5 | ![](a.jpg)
      | ^^^^^^^^^^
      |
      = help: say between `![` and `]` what there is to see, for those who can't

    warning[alt-is-filename]: the description of `content/a.jpg` is only a file name
     --> content/post.md:6:1
      |
    6 | ![a.jpg](a.jpg)
      | ^^^^^^^^^^^^^^^
      |
      = help: say what there is to see, for those who can't
    "#);
    check(r#""brand""#, &format!("![{}](a.jpg)", "word ".repeat(9)), &["alt-too-long"]);
    check(r#""home""#, &format!("![{}](a.jpg)", "word ".repeat(9)), &[]);
}

#[test]
fn videos_are_told_by_what_is_in_them() {
    insta::assert_snapshot!(shown(
        "+++\nto = [\"brand\"]\n+++\n\n![x y](phone.mp4)\n\n---\n\n![x y](long.mp4)\n\n---\n\n![x y](short.mp4)\n"
    ), @r#"
    error[video-codec]: `content/phone.mp4` is coded as HEVC (H.265), and Long takes H.264
     --> content/post.md:5:1
      |
    5 | ![x y](phone.mp4)
      | ^^^^^^^^^^^^^^^^^
      |
      = help: export it as H.264, which every network takes

    error[video-length]: `content/long.mp4` runs 1 minute 1 second, longer than the 1 minute that Long takes
     --> content/post.md:9:1
      |
    9 | ![x y](long.mp4)
      | ^^^^^^^^^^^^^^^^
      |
      = help: cut it

    error[video-length]: `content/short.mp4` runs 900 ms, shorter than the 2 seconds that Long wants
      --> content/post.md:13:1
       |
    13 | ![x y](short.mp4)
       | ^^^^^^^^^^^^^^^^^
       |
       = help: take a longer one
    "#);
    // What the header does not tell is let pass.
    check(r#""brand""#, "![x y](a.mp4)", &[]);
}
