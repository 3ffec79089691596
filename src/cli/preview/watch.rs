use super::{
    desk::{Desk, Effect},
    edits::Editor,
    live::Live,
    server::Site,
    terminal::Terminal,
    token::Token,
    watcher::{How, Watch},
};
use crate::{
    cli::{DONE, Done, Failure, Ui, loopback},
    workspace,
};
use std::{
    future::{Future as _, poll_fn},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    pin::pin,
    sync::Arc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync};

/// The port that is tried first.
const PORT: u16 = 4400;
/// How many after it are tried.
const PORTS: u16 = 50;
/// How often it is told how far reading everything has come.
const OFTEN: Duration = Duration::from_millis(500);
/// For how long after the start pages come before what is wrong is looked for.
const FIRST: Duration = Duration::from_secs(3);
/// How often a workspace that is gone is looked for.
const AGAIN: Duration = Duration::from_millis(500);

/// What the command line says.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Flags {
    pub(in crate::cli) port: Option<u16>,
    pub(in crate::cli) poll: bool,
}

/// Serves and watches until it is interrupted.
pub(in crate::cli) fn run(flags: Flags, start: &Path, ui: &Ui) -> Done {
    let root = workspace::find_root(start)?;
    let token = Token::random().map_err(|error| Failure::doing(format!("failed to make a token: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let done = runtime.block_on(async {
        let listener = listen(flags.port).await?;
        let address = listener.local_addr().map_err(|error| Failure::doing(format!("failed to listen: {error}")))?;
        // From here on an interrupt is heard, which somebody who reads the address may rely on.
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        let interrupted_already = poll_fn(|context| Poll::Ready(interrupt.as_mut().poll(context))).await;
        if let Poll::Ready(heard) = interrupted_already {
            return interrupted(heard);
        }
        ui.data(&format!("http://{address}/{}/\n", token.as_str()));
        let how = if flags.poll { How::Polled } else { How::Told };
        let watch = Watch::start(&root, how);
        let (desk, live) = (Arc::new(Desk::new(&root)), Live::new());
        let (opened, ready) = sync::watch::channel(false);
        let site =
            Site { desk: Arc::clone(&desk), live: live.clone(), editor: Editor::new(watch.nudge()), token, ready };
        let site = Arc::new(site);
        let terminal = Terminal::new(Ui::new(ui.volume, None));
        if watch.how() == How::Polled && how == How::Told {
            ui.warning("the system can't tell of changes here, so the files are looked at again and again");
        }
        let tending = thread::Builder::new().name("desk".to_owned());
        tending
            .spawn(move || {
                desk.open();
                opened.send_replace(true);
                tend(&desk, &live, watch, terminal);
            })
            .map_err(|error| Failure::doing(format!("failed to start a thread: {error}")))?;
        let handle = move |request| Arc::clone(&site).handle(request);
        tokio::select! {
            () = loopback::serve(listener, handle) => Err(Failure::doing("failed to listen any longer")),
            heard = interrupt => interrupted(heard),
        }
    });
    // A page that is being made is of no use to anybody any more.
    runtime.shutdown_background();
    done
}

fn interrupted(heard: io::Result<()>) -> Done {
    heard.map(|()| DONE).map_err(|error| Failure::doing(format!("failed to hear signals: {error}")))
}

/// Listens on the port that is wanted, or else on the first that is free.
async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = port {
        return loopback::bind(address(port)).await;
    }
    for port in PORT..PORT + PORTS {
        if let Ok(listener) = loopback::bind(address(port)).await {
            return Ok(listener);
        }
    }
    loopback::bind(address(0)).await
}

/// Keeps the desk current, for as long as the program runs.
fn tend(desk: &Desk, live: &Live, mut watch: Watch, mut terminal: Terminal) {
    // What was found since it was told last; all at once takes no longer to show.
    let (mut untold, mut told_at) = (Effect::default(), Instant::now());
    // And what the terminal has not been told.
    let mut unsaid = Effect { all: true, ..Effect::default() };
    let begun = Instant::now();
    // Whether somebody may wait for what is left to do.
    let mut is_awaited = false;
    loop {
        let is_gone = desk.look().gone().is_some();
        let courtesy = if is_awaited || begun.elapsed() > FIRST { Duration::ZERO } else { live.courtesy() };
        let timeout = match (desk.has_more(), is_gone) {
            (true, _) => Some(courtesy),
            (false, true) => Some(AGAIN),
            (false, false) => None,
        };
        match watch.next(timeout) {
            Some(changes) => {
                is_awaited = true;
                let effect = desk.change(&changes);
                live.tell(desk, &effect);
                unsaid.add(effect);
                // A root that came back is another folder to the system.
                if is_gone || desk.look().gone().is_some() {
                    watch.again();
                }
            }
            None if is_gone => {
                watch.again();
                let effect = desk.change(&watch.everything());
                if desk.look().gone().is_none() {
                    live.tell(desk, &effect);
                    unsaid.add(effect);
                }
            }
            None if desk.has_more() && !courtesy.is_zero() => {}
            None if desk.has_more() => {
                untold.add(desk.step());
            }
            // Nobody can tell of changes any more.
            None => return,
        }
        let is_done = !desk.has_more();
        is_awaited &= !is_done;
        if is_done || told_at.elapsed() > OFTEN {
            live.tell(desk, &untold);
            unsaid.add(std::mem::take(&mut untold));
            told_at = Instant::now();
        }
        if is_done {
            terminal.show(desk, &std::mem::take(&mut unsaid));
        }
    }
}
