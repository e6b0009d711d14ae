//! A TCP connection with somebody in between.

use std::io::copy;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A loopback port whose connections go on to another one, which can be changed: an address that fails over, a
/// connection that is cut.
#[derive(Debug)]
pub struct Forwarder {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: Mutex<SocketAddr>,
    open: Mutex<Vec<TcpStream>>,
    accepted: AtomicU64,
    closed: AtomicBool,
}

impl Forwarder {
    /// Listens on a free port and forwards to `target`.
    ///
    /// # Panics
    /// Where the machine has no free loopback port.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.unwrap_or_else(|error| panic!("no free port on 127.0.0.1: {error}"));
        let addr = listener.local_addr();
        let forwarder = Self {
            addr: addr.unwrap_or_else(|error| panic!("a listener without an address: {error}")),
            shared: Arc::new(Shared::new(target)),
        };
        let shared = Arc::clone(&forwarder.shared);
        drop(thread::spawn(move || shared.serve(&listener)));
        forwarder
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Sends new connections to `target`; those that are open stay where they are.
    pub fn switch_to(&self, target: SocketAddr) {
        *lock(&self.shared.target) = target;
    }

    /// Ends all open connections.
    pub fn cut(&self) {
        self.shared.cut();
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, so that it sees the mark and ends.
        drop(TcpStream::connect(self.addr));
        self.shared.cut();
    }
}

impl Shared {
    fn new(target: SocketAddr) -> Self {
        Self {
            target: Mutex::new(target),
            open: Mutex::default(),
            accepted: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    fn serve(&self, listener: &TcpListener) {
        for client in listener.incoming().map_while(Result::ok) {
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            // Where nobody listens, the client sees its connection end.
            if let Ok(server) = TcpStream::connect(*lock(&self.target)) {
                self.join(&client, &server);
            }
        }
    }

    fn join(&self, client: &TcpStream, server: &TcpStream) {
        for stream in [client, server] {
            drop(stream.set_nodelay(true));
            lock(&self.open).extend(stream.try_clone());
        }
        pump(client, server);
        pump(server, client);
    }

    fn cut(&self) {
        for stream in lock(&self.open).drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

/// Carries bytes one way until either side ends, in a thread that then ends both.
fn pump(from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    drop(thread::spawn(move || {
        drop(copy(&mut from, &mut to));
        drop(from.shutdown(Shutdown::Both));
        drop(to.shutdown(Shutdown::Both));
    }));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
