use super::{Held, HostError, Place, is_ours};
use crate::{
    config::Bucket,
    engine::{HttpTransport, Outgoing, OutgoingBody},
    model::{MediaKind, Timestamp},
    network::{Effect, Flow, Method},
};
use futures_util::TryStreamExt as _;
use http_body_util::BodyExt as _;
use object_store::{
    Attribute, Attributes, ClientOptions, Error, ObjectStore as _, ObjectStoreExt as _, PutOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
    path::Path,
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{future::Future, io, pin::Pin, sync::Arc, time::Duration};

/// A bucket of an S3-compatible storage.
#[derive(Debug)]
pub(super) struct BucketPlace {
    store: AmazonS3,
    name: String,
    prefix: String,
}

impl BucketPlace {
    pub(super) fn new(bucket: &Bucket, secret: &SecretString, line: Arc<HttpTransport>) -> Result<Self, HostError> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(secret.expose_secret())
            // The line lets nothing out unencrypted but to this machine.
            .with_allow_http(true)
            // Many storages don't know the call that deletes several at once.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                max_retries: 2,
                retry_timeout: Duration::from_secs(60),
                ..RetryConfig::default()
            })
            .with_http_connector(Line(line));
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| {
            HostError::new(format!("the storage can't be used: {error}"), "correct `[media.host]` in masthead.toml")
        })?;
        Ok(Self { store, name: bucket.name.clone(), prefix: bucket.prefix.clone() })
    }

    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}{name}", self.prefix))
    }

    fn failed(&self, what: &str, error: &Error) -> HostError {
        let told = error.to_string();
        let code = between(&told, "<Code>", "</Code>").unwrap_or_default();
        let of_key = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"];
        let failed =
            |why: &str, help: &str| HostError::new(format!("failed to {what} the bucket `{}`: {why}", self.name), help);
        if code == "NoSuchBucket" || told.contains("NoSuchBucket") {
            return failed("the storage has no such bucket", "make it, or correct `bucket` of `[media.host]`");
        }
        if of_key.contains(&code) || matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
            let why = if code.is_empty() { "the storage refuses the key" } else { code };
            let help = "see `key_id` and `secret` of `[media.host]`: the key must be let put, list and delete there";
            return failed(why, help);
        }
        let why = match between(&told, "<Message>", "</Message>") {
            Some(message) => format!("{code}: {message}"),
            None => told.chars().take(200).collect(),
        };
        failed(&why, "see `endpoint`, `region` and `bucket` of `[media.host]`, and whether the storage is up")
    }
}

impl Place for BucketPlace {
    fn put<'a>(&'a self, name: &'a str, bytes: &'a [u8], kind: MediaKind) -> Flow<'a, Result<(), HostError>> {
        Box::pin(async move {
            let attributes = Attributes::from_iter([(Attribute::ContentType, kind.mime())]);
            let options = PutOptions { attributes, ..PutOptions::default() };
            let put = self.store.put_opts(&self.path(name), bytes.to_vec().into(), options).await;
            put.map(drop).map_err(|error| self.failed("put a file into", &error))
        })
    }

    fn held(&self) -> Flow<'_, Result<Vec<Held>, HostError>> {
        Box::pin(async move {
            let prefix = (!self.prefix.is_empty()).then(|| Path::from(self.prefix.as_str()));
            let all: Vec<_> =
                self.store.list(prefix.as_ref()).try_collect().await.map_err(|error| self.failed("list", &error))?;
            let held = all.into_iter().filter_map(|object| {
                let name = object.location.as_ref().strip_prefix(self.prefix.as_str())?.to_owned();
                let since = Timestamp::from_millis(object.last_modified.timestamp_millis());
                is_ours(&name).then_some(Held { name, since })
            });
            Ok(held.collect())
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> Flow<'a, Result<(), HostError>> {
        Box::pin(async move {
            match self.store.delete(&self.path(name)).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failed("delete a file from", &error)),
            }
        })
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// Our own line, so that there is one HTTP library, one set of certificates and one rule of whom we speak to.
#[derive(Clone, Debug)]
struct Line(Arc<HttpTransport>);

impl HttpConnector for Line {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Line {
    fn call<'s, 'a>(&'s self, request: HttpRequest) -> Answering<'a>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(self.carry(request))
    }
}

impl Line {
    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let broken = |kind, why: String| HttpError::new(kind, io::Error::other(why));
        let (parts, body) = request.into_parts();
        let (method, effect) = match parts.method.as_str() {
            "GET" => (Method::Get, Effect::Read),
            "PUT" => (Method::Put, Effect::Prepare),
            "POST" => (Method::Post, Effect::Prepare),
            "DELETE" => (Method::Delete, Effect::Prepare),
            other => return Err(broken(HttpErrorKind::Unknown, format!("nothing is asked by `{other}`"))),
        };
        let bytes = body.collect().await?.to_bytes().to_vec();
        let mut headers = Vec::new();
        let mut authorization = None;
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            match name.as_str() {
                "authorization" => authorization = Some(value.into()),
                // The transport writes them itself.
                "host" | "content-length" | "user-agent" => {}
                name => headers.push((name.to_owned(), value)),
            }
        }
        let outgoing = Outgoing {
            label: "media storage",
            method,
            url: parts.uri.to_string(),
            whole_url: None,
            headers,
            authorization,
            body: OutgoingBody(bytes),
            effect,
        };
        let answer = self.0.exchange(outgoing).await.map_err(|error| {
            let kind = if error.not_sent { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            broken(kind, error.message)
        })?;
        let mut response = HttpResponse::new(answer.body.into());
        *response.status_mut() =
            answer.status.try_into().map_err(|_| broken(HttpErrorKind::Decode, "the status is none".to_owned()))?;
        for (name, value) in answer.headers {
            let named = http::HeaderName::from_bytes(name.as_bytes()).ok();
            if let (Some(name), Ok(value)) = (named, http::HeaderValue::from_str(&value)) {
                response.headers_mut().append(name, value);
            }
        }
        Ok(response)
    }
}
