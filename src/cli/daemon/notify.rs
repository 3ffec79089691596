//! What systemd is told, over the datagram socket that it names in the environment.

use std::{env, os::unix::net::UnixDatagram, path::PathBuf, time::Duration};

/// Tells a service manager how it goes, if there is one that listens.
#[derive(Clone, Debug, Default)]
pub(super) struct Notifier {
    place: Option<Place>,
    watchdog: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path(PathBuf),
    /// A name without a file, as Linux has them.
    Abstract(Vec<u8>),
}

impl Notifier {
    pub(super) fn from_environment() -> Self {
        let text = |name| env::var(name).ok();
        Self {
            place: text("NOTIFY_SOCKET").as_deref().and_then(place),
            watchdog: watchdog(text("WATCHDOG_USEC").as_deref(), text("WATCHDOG_PID").as_deref(), std::process::id()),
        }
    }

    /// Returns how often it wants to hear that we live: twice in the time after which it would end us.
    pub(super) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Tells, as `READY=1`. Nobody who listens is no error.
    pub(super) fn tell(&self, state: &str) {
        let Some(place) = &self.place else { return };
        let sent = UnixDatagram::unbound().and_then(|socket| {
            socket.set_nonblocking(true)?;
            match place {
                Place::Path(path) => socket.send_to(state.as_bytes(), path),
                Place::Abstract(name) => send_to_abstract(&socket, state.as_bytes(), name),
            }
        });
        if let Err(error) = sent {
            tracing::debug!("the service manager can't be told `{state}`: {error}");
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn send_to_abstract(socket: &UnixDatagram, state: &[u8], name: &[u8]) -> std::io::Result<usize> {
    use std::os::linux::net::SocketAddrExt as _;
    socket.send_to_addr(state, &std::os::unix::net::SocketAddr::from_abstract_name(name)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn send_to_abstract(_socket: &UnixDatagram, _state: &[u8], _name: &[u8]) -> std::io::Result<usize> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn place(socket: &str) -> Option<Place> {
    match socket.as_bytes().first()? {
        b'@' => Some(Place::Abstract(socket.as_bytes()[1..].to_vec())),
        b'/' => Some(Place::Path(socket.into())),
        _ => None,
    }
}

fn watchdog(micros: Option<&str>, meant: Option<&str>, own: u32) -> Option<Duration> {
    if meant.is_some_and(|meant| meant.parse() != Ok(own)) {
        return None;
    }
    let micros: u64 = micros?.parse().ok().filter(|micros| *micros > 0)?;
    Some(Duration::from_micros(micros) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_a_path_or_a_name() {
        assert_eq!(place("/run/notify"), Some(Place::Path("/run/notify".into())));
        assert_eq!(place("@notify"), Some(Place::Abstract(b"notify".to_vec())));
        assert_eq!(place("vsock:2:1"), None);
        assert_eq!(place(""), None);
    }

    #[test]
    fn the_watchdog_is_fed_twice_as_often_as_it_wants() {
        assert_eq!(watchdog(Some("30000000"), None, 7), Some(Duration::from_secs(15)));
        assert_eq!(watchdog(Some("30000000"), Some("7"), 7), Some(Duration::from_secs(15)));
        assert_eq!(watchdog(Some("30000000"), Some("8"), 7), None);
        assert_eq!(watchdog(Some("0"), None, 7), None);
        assert_eq!(watchdog(Some("soon"), None, 7), None);
        assert_eq!(watchdog(None, None, 7), None);
    }

    #[test]
    fn whoever_listens_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let notifier = Notifier { place: Some(Place::Path(path)), watchdog: None };
        notifier.tell("READY=1");
        let mut bytes = [0; 32];
        let length = socket.recv(&mut bytes).expect("a message");
        assert_eq!(&bytes[..length], b"READY=1");
        drop(folder);
        // Nobody listens any more, which is no error.
        notifier.tell("STOPPING=1");
        Notifier::default().tell("STOPPING=1");
    }
}
