use super::{
    health::{Health, Sent},
    heartbeat::State,
    lock,
    notify::Notifier,
    server,
    settings::{Flags, Settings, verifier},
    shared::Shared,
    worker::Worker,
};
use crate::{
    cli::{DONE, Done, Failure, Ui, load, loopback, time},
    diag::words,
    workspace::Repo,
};
use std::{future::pending, io, net::SocketAddr, path::Path, sync::Arc, thread, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    task::AbortHandle,
};

/// Runs until it is told to end, or for one round.
pub(in crate::cli) fn run(flags: Flags, start: &Path, ui: &Ui) -> Done {
    let (root, config) = load::place(start, ui)?;
    let repository = Repo::open(&root)?;
    let folder = repository.state_folder();
    let _alone = lock::take(&folder)?;
    let settings = Settings::of(&config.daemon, flags);
    let listen = settings.listen.filter(|_| !flags.once);
    let mut health = Health::new(time::now(), settings.poll);
    health.sent = config.accounts.keys().map(|account| (account.clone(), Sent::default())).collect();
    let shared = Arc::new(Shared::new(folder, health, listen));
    if let Some(secret) = settings.secret.as_ref().filter(|_| listen.is_some()) {
        shared.verify_with(Some(verifier(&root, &repository, &config, secret)?));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::doing(format!("failed to start: {error}")))?;
    let notifier = Notifier::from_environment();
    runtime.block_on(async {
        let signals = Signals::new().map_err(|error| Failure::doing(format!("failed to hear signals: {error}")))?;
        if !flags.once {
            let root = root.display();
            ui.status(&format!("runs in {root}: looks every {}", words::duration(settings.poll)));
        }
        if settings.secret.is_some() && listen.is_none() && !flags.once {
            ui.warning("`webhook_secret` is set, but without `listen` no webhook comes in");
        }
        let door = Door::open(listen, &shared, ui).await?;
        let (ended, end) = oneshot::channel();
        let worker = Worker::new(Arc::clone(&shared), start, flags, settings, (ui.volume, notifier.clone()));
        let rounds = thread::Builder::new().name("rounds".to_owned()).spawn(move || {
            // Nobody listens any more if it was ended at once.
            let _ = ended.send(worker.work());
        });
        rounds.map_err(|error| Failure::doing(format!("failed to start a thread: {error}")))?;
        notifier.tell("READY=1");
        let done = Control { shared: &shared, ui, notifier: &notifier, signals, door }.hold(end).await;
        if !flags.once {
            shared.write(State::Stopped);
        }
        done
    })
}

struct Control<'a> {
    shared: &'a Arc<Shared>,
    ui: &'a Ui,
    notifier: &'a Notifier,
    signals: Signals,
    door: Door,
}

/// What a signal asks for.
enum Asked {
    Look,
    End,
}

struct Signals {
    hangup: Signal,
    user: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Control<'_> {
    /// Hears signals, serves and feeds the watchdog until the worker has ended or may be left.
    async fn hold(mut self, mut end: oneshot::Receiver<Done>) -> Done {
        let mut asked_to_end = false;
        let mut listen = self.shared.listen.subscribe();
        loop {
            tokio::select! {
                biased;
                done = &mut end => {
                    return done.unwrap_or_else(|_| Err(Failure::doing("a round ended by a fault of the program's own")
                        .hint("start it again: nothing is sent twice; and please report what it said above")));
                }
                asked = self.signals.next() => match asked {
                    Asked::Look => self.shared.signalled.notify_one(),
                    Asked::End if asked_to_end => {
                        return Err(Failure::doing("stopped while something was under way")
                            .hint("start it again: the network is asked what became of it, and nothing is sent twice"));
                    }
                    Asked::End => {
                        asked_to_end = true;
                        self.notifier.tell("STOPPING=1");
                        if !self.shared.ask_to_stop() {
                            self.ui.status("stopped");
                            return Ok(DONE);
                        }
                        self.ui.status(
                            "stopping: nothing more is begun, and what is under way is finished; once more stops at once",
                        );
                    }
                },
                Ok(()) = listen.changed() => {
                    let address = *listen.borrow_and_update();
                    self.door.turn(address, self.shared, self.ui).await;
                }
                () = rest(self.notifier.watchdog()) => {
                    if !self.shared.health().hangs(time::now()) {
                        self.notifier.tell("WATCHDOG=1");
                    }
                }
            }
        }
    }
}

async fn rest(watchdog: Option<Duration>) {
    match watchdog {
        Some(time) => tokio::time::sleep(time).await,
        None => pending().await,
    }
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hangup.recv() => Asked::Look,
            _ = self.user.recv() => Asked::Look,
        }
    }
}

/// Where requests come in, if anywhere.
#[derive(Default)]
struct Door {
    open: Option<(SocketAddr, AbortHandle)>,
}

impl Door {
    async fn open(address: Option<SocketAddr>, shared: &Arc<Shared>, ui: &Ui) -> Result<Self, Failure> {
        let mut door = Self::default();
        if let Some(address) = address {
            door.serve(address, loopback::bind(address).await?, shared, ui);
        }
        Ok(door)
    }

    /// Listens elsewhere, as the configuration says now. Where it can't, it goes on where it was, and tries again after the
    /// next round.
    async fn turn(&mut self, address: Option<SocketAddr>, shared: &Arc<Shared>, ui: &Ui) {
        if self.open.as_ref().map(|(open, _)| *open) == address {
            return;
        }
        let Some(address) = address else {
            self.close();
            return ui.status("listens no more");
        };
        match loopback::bind(address).await {
            Ok(listener) => {
                self.close();
                self.serve(address, listener, shared, ui);
            }
            Err(failure) => ui.error(&failure.message),
        }
    }

    fn serve(&mut self, address: SocketAddr, listener: TcpListener, shared: &Arc<Shared>, ui: &Ui) {
        let bound = listener.local_addr().unwrap_or(address);
        ui.status(&format!("listens on http://{bound}: /healthz, /metrics, /webhook"));
        let shared = Arc::clone(shared);
        let serving = loopback::serve(listener, move |request| {
            let shared = Arc::clone(&shared);
            async move { server::handle(&shared, request).await }
        });
        self.open = Some((address, tokio::spawn(serving).abort_handle()));
    }

    fn close(&mut self) {
        if let Some((_, serving)) = self.open.take() {
            serving.abort();
        }
    }
}
