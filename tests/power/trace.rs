//! What a program does to files, as `strace` tells it.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// What every name below a folder leads to: the number of a file, or none for a folder.
pub(crate) type Names = BTreeMap<PathBuf, Option<usize>>;

/// One thing that was done to a file or to the names in a folder. Files are known by number, whatever they are called.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Name {
        path: PathBuf,
        file: usize,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
        file: usize,
    },
    Unlink {
        path: PathBuf,
    },
    Folder {
        path: PathBuf,
    },
    Write {
        file: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: usize,
        length: usize,
    },
    /// All that was written to a file so far is on the disk.
    Sync {
        file: usize,
    },
    /// All names in a folder are on the disk as they are now.
    SyncFolder {
        path: PathBuf,
    },
    /// The program said that it is done.
    Acknowledged,
}

impl Op {
    /// Returns whether a later operation puts this one on the disk for good.
    pub(crate) fn is_synced_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Write { file, .. } | Self::Truncate { file, .. }, Self::Sync { file: synced }) => file == synced,
            (
                Self::Name { path, .. } | Self::Rename { to: path, .. } | Self::Unlink { path } | Self::Folder { path },
                Self::SyncFolder { path: synced },
            ) => path.parent() == Some(synced),
            _ => false,
        }
    }

    /// Returns whether a loss of power may undo it.
    pub(crate) fn is_change(&self) -> bool {
        !matches!(self, Self::Sync { .. } | Self::SyncFolder { .. } | Self::Acknowledged)
    }
}

/// Where a write goes that goes to the end of its file.
pub(crate) const END: usize = usize::MAX;

/// The calls that change files, and how they are told: strings in hexadecimal, descriptors with their paths.
pub(crate) const ARGUMENTS: [&str; 7] = [
    "-y",
    "-xx",
    "-s",
    "1000000",
    "-e",
    "trace=open,openat,creat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,\
     unlinkat,mkdir,mkdirat,rmdir,ftruncate,truncate,symlink,symlinkat",
    "-qq",
];

/// Reads a trace, as of the files below `root` that were there before.
pub(crate) fn read(trace: &str, root: &Path, before: &Names) -> Vec<Op> {
    let mut reader = Reader {
        root,
        names: before.clone(),
        next: before.values().flatten().max().map_or(0, |most| most + 1),
        offsets: HashMap::new(),
        ops: Vec::new(),
    };
    for line in trace.lines() {
        reader.line(line);
    }
    reader.ops
}

struct Reader<'a> {
    root: &'a Path,
    names: Names,
    next: usize,
    /// How far each descriptor has written.
    offsets: HashMap<String, usize>,
    ops: Vec<Op>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) {
        let Some((call, rest)) = line.split_once('(') else { return };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { return };
        if result.starts_with('-') {
            return;
        }
        let arguments = arguments.trim_end().trim_end_matches(')');
        let strings = quoted(arguments);
        let path =
            |index: usize| strings.get(index).map(|bytes| PathBuf::from(String::from_utf8_lossy(bytes).as_ref()));
        let descriptor = || arguments.split(['<', ',']).next().unwrap_or_default().trim().to_owned();
        let open = || {
            let (_, path) = arguments.split_once('<')?;
            Some(PathBuf::from(String::from_utf8_lossy(&unescape(path.split('>').next()?)).into_owned()))
        };
        match call {
            "open" | "openat" | "creat" => {
                let Some(path) = path(0).filter(|path| self.is_ours(path)) else { return };
                self.open(path, arguments, result);
            }
            "write" => {
                let bytes = strings.first().cloned().unwrap_or_default();
                if descriptor() == "1" && bytes == b"acknowledged\n" {
                    self.ops.push(Op::Acknowledged);
                }
                let Some(file) = open().and_then(|path| self.file(&path)) else { return };
                let at = self.offsets.entry(descriptor()).or_default();
                self.ops.push(Op::Write { file, at: *at, bytes: bytes.clone() });
                if *at != END {
                    *at += bytes.len();
                }
            }
            "ftruncate" => {
                let Some(file) = open().and_then(|path| self.file(&path)) else { return };
                let length = arguments.rsplit(", ").next().and_then(|length| length.parse().ok()).expect("a length");
                self.ops.push(Op::Truncate { file, length });
            }
            "fsync" | "fdatasync" => {
                let Some(path) = open().filter(|path| self.is_ours(path)) else { return };
                match self.names.get(&path) {
                    Some(Some(file)) => self.ops.push(Op::Sync { file: *file }),
                    _ => self.ops.push(Op::SyncFolder { path }),
                }
            }
            "rename" | "renameat" | "renameat2" => {
                let (Some(from), Some(to)) = (path(0), path(1)) else { return };
                let Some(file) = self.file(&from) else { return };
                self.names.remove(&from);
                self.names.insert(to.clone(), Some(file));
                self.ops.push(Op::Rename { from, to, file });
            }
            "link" | "linkat" => {
                let (Some(from), Some(to)) = (path(0), path(1)) else { return };
                let Some(file) = self.file(&from) else { return };
                self.names.insert(to.clone(), Some(file));
                self.ops.push(Op::Name { path: to, file });
            }
            "unlink" | "unlinkat" => {
                let Some(path) = path(0).filter(|path| self.is_ours(path)) else { return };
                self.names.remove(&path);
                self.ops.push(Op::Unlink { path });
            }
            "mkdir" | "mkdirat" => {
                let Some(path) = path(0).filter(|path| self.is_ours(path)) else { return };
                self.names.insert(path.clone(), None);
                self.ops.push(Op::Folder { path });
            }
            // One that is not understood must not be passed over.
            _ => assert!(!path(0).is_some_and(|path| self.is_ours(&path)), "what does this do? {line}"),
        }
    }

    fn open(&mut self, path: PathBuf, arguments: &str, result: &str) {
        let descriptor = result.split('<').next().unwrap_or_default().trim().to_owned();
        self.offsets.insert(descriptor.clone(), 0);
        match self.names.get(&path) {
            Some(Some(file)) if arguments.contains("O_TRUNC") => {
                self.ops.push(Op::Truncate { file: *file, length: 0 });
            }
            Some(Some(_)) if arguments.contains("O_APPEND") => drop(self.offsets.insert(descriptor, END)),
            Some(_) => {}
            None if arguments.contains("O_CREAT") => {
                self.names.insert(path.clone(), Some(self.next));
                self.ops.push(Op::Name { path, file: self.next });
                self.next += 1;
            }
            None => {}
        }
    }

    fn is_ours(&self, path: &Path) -> bool {
        path.starts_with(self.root)
    }

    fn file(&self, path: &Path) -> Option<usize> {
        self.names.get(path).copied().flatten()
    }
}

/// Returns the strings among the arguments of a call.
fn quoted(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(unescape).collect()
}

fn unescape(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("two digits")).collect()
}
