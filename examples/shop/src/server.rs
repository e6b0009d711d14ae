//! Accepts connections, and stops without dropping a request.
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::limits;

/// Serves `app` until `stop` is ready, then lets the requests under way end, for [`limits::DRAIN`] at most.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &app, &connections) => {}
        () = stop => {}
    }
    drop(listener);
    if tokio::time::timeout(limits::DRAIN, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still under way when the shop stopped");
    }
}

/// Accepts for ever. The permit of a connection is taken first, so that those over the limit wait in the system's queue.
async fn accept(listener: &TcpListener, app: &Router, connections: &GracefulShutdown) {
    let slots = Arc::new(Semaphore::new(limits::CONNECTIONS));
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = converse(stream, peer, app.clone(), connections.watcher());
                drop(tokio::spawn(async move {
                    connection.await;
                    drop(slot);
                }));
            }
            Err(error) => pause(&error).await,
        }
    }
}

/// One connection, from its first request to its last.
async fn converse(stream: TcpStream, peer: SocketAddr, app: Router, watcher: Watcher) {
    let app = app.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    });
    let mut server = Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_HEAD)
        .max_buf_size(limits::HEAD);
    let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    // A client that hung up or sent no HTTP is no event.
    drop(watcher.watch(connection.into_owned()).await);
}

/// Out of file descriptors, or a client that was gone before it was accepted: neither is a reason to stop, and the
/// first would come again at once.
async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a connection was not accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
