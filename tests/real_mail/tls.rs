//! Encryption with a certificate of the authority that the servers' scripts make.

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// A folder with `ca.pem`, `cert.pem` and `key.pem`.
#[derive(Clone, Debug)]
pub(crate) struct Certificates(pub(crate) PathBuf);

impl Certificates {
    /// Returns the authority's own certificate, for whoever is to trust it.
    pub(crate) fn authority(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// Answers somebody as `localhost`; none if they hang up because of it.
    pub(crate) async fn answer(&self, stream: TcpStream) -> Option<server::TlsStream<TcpStream>> {
        let key = PrivateKeyDer::from_pem_file(self.0.join("key.pem")).expect("a key");
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(certificates(&self.0.join("cert.pem")), key)
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()
    }

    /// Turns to `localhost`.
    pub(crate) async fn turn_to(&self, stream: TcpStream) -> client::TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&self.authority()));
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("encryption")
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let found = CertificateDer::pem_file_iter(path).expect("a file of certificates");
    found.map(|certificate| certificate.expect("a certificate")).collect()
}
