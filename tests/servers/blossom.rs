//! A media server that speaks Blossom, in memory on the loopback: it takes what is signed, up to 100,000 bytes. `nostr.sh` builds it.

use blossom_rs::{BlobServer, MemoryBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: blossom PORT")?.parse()?;
    let place = format!("http://127.0.0.1:{port}");
    let server = BlobServer::builder(MemoryBackend::new(), &place).require_auth().max_upload_size(100_000).build();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, server.router()).await?;
    Ok(())
}
