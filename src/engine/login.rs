//! Being let in by a person, for networks with OAuth.
//!
//! The authorization code grant: a page of the network asks the person, sends them back with a code, and the code is exchanged
//! for a token. What comes back is believed only with the `state` that we sent along, so that nobody can slip somebody else's
//! code in; and with PKCE the code is of use to nobody who has merely seen it.

use super::{
    Entropy, Redactor, World, clock::random_id, hand::EngineHand, heard::Heard, keys::Keys, sign, tokens::Refreshing,
    vault::kept,
};
use crate::{
    model::Account,
    network::{ErrorKind, Login, NetworkError, Session, SignIn, Wire},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use form_urlencoded::{Serializer, parse};
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, time::Duration};
use subtle::ConstantTimeEq as _;

/// A question that a person is asked on a page of the network.
#[derive(Debug)]
pub struct Consent {
    /// The page.
    pub url: String,
    /// Where it sends the person back to.
    pub redirect: String,
    state: SecretString,
    verifier: SecretString,
}

/// What a person's yes gave: good for one exchange, and for a minute or less.
#[derive(Debug)]
pub struct Code(SecretString);

/// Why there is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// It belongs to no question of ours, or to an earlier one.
    Foreign,
    /// The network says no, in its own words.
    Refused(String),
    /// It holds neither a code nor a refusal.
    Nothing,
}

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("the answer belongs to another login"),
            Self::Refused(words) => write!(f, "the network says no: {words}"),
            Self::Nothing => f.write_str("there is no code in it"),
        }
    }
}

impl Consent {
    /// Makes the question of an account: as which application, what for, and where to go afterwards.
    pub fn new(login: &Login, account: &Account, client: &str, redirect: &str, entropy: &dyn Entropy) -> Self {
        let random = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            URL_SAFE_NO_PAD.encode(bytes)
        };
        let (state, verifier) = (random(), random());
        let endpoint = account.endpoint.as_ref().map_or("", |endpoint| endpoint.value.as_str());
        let scopes: Vec<&str> = login.scopes.iter().map(|scope| scope.name).collect();
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client)
            .append_pair("redirect_uri", redirect);
        query.append_pair("scope", &scopes.join(login.separator)).append_pair("state", &state);
        query.extend_pairs(login.query);
        if login.pkce {
            let challenge = URL_SAFE_NO_PAD.encode(sign::sha256(verifier.as_bytes()));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        let url = format!("{}?{}", login.authorize.replace("{endpoint}", endpoint), query.finish());
        Self { url, redirect: redirect.to_owned(), state: state.into(), verifier: verifier.into() }
    }

    /// Reads the code from the address that the person was sent back to, or from its query.
    pub fn code(&self, address: &str) -> Result<Code, NoCode> {
        let address = address.trim();
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        // Some networks hang `#_` behind it.
        let query = query.split('#').next().unwrap_or_default();
        let find =
            |name: &str| parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let (state, code, error) = (find("state"), find("code"), find("error"));
        if code.is_none() && error.is_none() {
            return Err(NoCode::Nothing);
        }
        let is_ours =
            state.is_some_and(|state| bool::from(state.as_bytes().ct_eq(self.state.expose_secret().as_bytes())));
        if !is_ours {
            return Err(NoCode::Foreign);
        }
        match (code.filter(|code| !code.is_empty()), error) {
            (Some(code), None) => Ok(Code(code.into())),
            (_, Some(error)) => {
                let words = find("error_description").unwrap_or(error);
                Err(NoCode::Refused(words.chars().filter(|c| !c.is_control()).take(200).collect()))
            }
            (None, None) => Err(NoCode::Nothing),
        }
    }
}

/// Exchanges a code for a token or a session. Made once: a code serves no second time.
pub async fn log_in(
    world: World<'_>,
    account: &Account,
    consent: &Consent,
    code: Code,
) -> Result<SignIn, NetworkError> {
    let Some(network) = (world.networks)(account.network) else {
        return Err(NetworkError::new(ErrorKind::Misconfigured, format!("there is no network `{}`", account.network)));
    };
    let (redactor, heard, session) = (Redactor::default(), Heard::default(), Session::default());
    let no_token = "a login has no token yet".to_owned();
    let mut keys = Keys::without_token(account, no_token, world.secrets, &redactor);
    keys.open(vec![("code", code.0), ("verifier", consent.verifier.clone())], &redactor);
    let mut hand = EngineHand {
        world,
        account,
        session: &session,
        keys: &keys,
        redactor: &redactor,
        heard: &heard,
        uploads: &[],
        waiting: &|_| {},
        claim: None,
        stopped: false,
        amends: false,
        learnt: Vec::new(),
    };
    let logged_in = network.log_in(account, &consent.redirect, &mut Wire::new(&mut hand, &session)).await;
    logged_in.map_err(|error| redactor.error(error))
}

/// Keeps what a login gave as the account's session, whatever was kept before.
pub async fn keep(world: World<'_>, account: &Account, sign_in: SignIn) -> Result<(), NetworkError> {
    /// How often somebody else may have been faster: a publisher that renews the session of before.
    const ROUNDS: usize = 5;
    let Some(tokens) = world.secrets.tokens() else {
        return Err(NetworkError::new(ErrorKind::Misconfigured, "there is no vault to keep the session in"));
    };
    let now = world.clock.now();
    let mut session = kept(sign_in, None, 0, now);
    for _ in 0..ROUNDS {
        let generation = tokens.look(account).await?.generation;
        session.generation = generation + 1;
        let by = "a login".to_owned();
        let claim = Refreshing { id: random_id(world.entropy), generation, at: now, lease: Duration::ZERO, by };
        if tokens.store(account, &claim, &session).await? {
            return Ok(());
        }
    }
    Err(NetworkError::new(ErrorKind::NotSent, "other publishers stored a session of their own first"))
}

#[cfg(test)]
mod tests {
    use super::{super::testing::FakeEntropy, *};
    use crate::{
        diag::{FileId, Span, Spanned},
        model::{AccountId, NetworkId},
        network::Scope,
    };

    const LOGIN: Login = Login {
        authorize: "{endpoint}/oauth/authorize",
        query: &[("force_login", "true")],
        scopes: &[Scope { name: "read", why: "a" }, Scope { name: "write:statuses", why: "b" }],
        separator: " ",
        pkce: true,
        client_secret: true,
        loopback: true,
    };

    fn consent(login: &Login) -> Consent {
        let span = Span::new(FileId(0), 0..0);
        let endpoint = Some(Spanned::new("https://social.example".to_owned(), span));
        let account = Account { endpoint, ..Account::new(AccountId::new("brand"), NetworkId("trial"), span) };
        Consent::new(login, &account, "id&1", "http://127.0.0.1:8910/", &FakeEntropy::new(7))
    }

    fn pair(url: &str, name: &str) -> Option<String> {
        let (_, query) = url.split_once('?').expect("a query");
        parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    #[test]
    fn the_page_is_asked_for_everything_that_it_needs() {
        let consent = consent(&LOGIN);
        assert!(consent.url.starts_with("https://social.example/oauth/authorize?"), "{}", consent.url);
        for (name, expect) in [
            ("response_type", "code"),
            ("client_id", "id&1"),
            ("redirect_uri", "http://127.0.0.1:8910/"),
            ("scope", "read write:statuses"),
            ("force_login", "true"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(pair(&consent.url, name).as_deref(), Some(expect), "{name}");
        }
        let verifier = consent.verifier.expose_secret();
        assert!(!consent.url.contains(verifier), "what proves it stays here");
        let challenge = pair(&consent.url, "code_challenge").expect("a challenge");
        assert_eq!(URL_SAFE_NO_PAD.decode(challenge).expect("base64"), sign::sha256(verifier.as_bytes()));
        assert!(!format!("{consent:?}").contains(verifier));
    }

    #[test]
    fn a_challenge_is_made_as_the_standard_shows() {
        // RFC 7636, appendix B.
        let challenge = URL_SAFE_NO_PAD.encode(sign::sha256(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn without_pkce_and_with_commas() {
        let consent = consent(&Login { pkce: false, separator: ",", ..LOGIN });
        assert_eq!(pair(&consent.url, "scope").as_deref(), Some("read,write:statuses"));
        assert_eq!(pair(&consent.url, "code_challenge"), None);
    }

    #[test]
    fn an_answer_is_believed_only_with_our_state() {
        let consent = consent(&LOGIN);
        let state = pair(&consent.url, "state").expect("a state");
        let read = |address: &str| consent.code(address).map(|code| code.0.expose_secret().to_owned());
        for address in [
            format!("http://127.0.0.1:8910/?code=a%2Fb&state={state}"),
            format!(" https://acme.example/cb?state={state}&code=a%2Fb#_ \n"),
            format!("code=a%2Fb&state={state}"),
        ] {
            assert_eq!(read(&address).as_deref(), Ok("a/b"), "{address}");
        }
        let refused = format!("?error=access_denied&error_description=You+said+no&state={state}");
        assert_eq!(read(&refused), Err(NoCode::Refused("You said no".to_owned())));
        assert_eq!(read(&format!("?error=denied&state={state}")), Err(NoCode::Refused("denied".to_owned())));
        for foreign in ["?code=a", "?code=a&state=", "?code=a&state=b", "?error=access_denied"] {
            assert_eq!(read(foreign), Err(NoCode::Foreign), "{foreign}");
        }
        for nothing in ["", "https://acme.example/cb", "hello", &format!("?state={state}")] {
            assert_eq!(read(nothing), Err(NoCode::Nothing), "{nothing}");
        }
        assert_eq!(read(&format!("?code=&state={state}")), Err(NoCode::Nothing));
    }
}
