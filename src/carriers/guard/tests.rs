//! Forms of addresses, each with what becomes of it. No call leaves the machine.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Names as a hostile resolver has them.
const NAMES: [(&str, &str); 8] = [
    ("example.com", "93.184.215.14"),
    ("localhost", "127.0.0.1"),
    ("localhost.", "127.0.0.1"),
    ("inside.example.com", "10.1.2.3"),
    ("metadata.google.internal", "169.254.169.254"),
    ("six.example.com", "fd00::7"),
    ("mapped.example.com", "::ffff:192.168.0.1"),
    ("wifi.example.com", "100.64.0.9"),
];

const OPEN: &[&str] = &[
    "https://example.com/hook?token=x",
    "http://example.com:8080/",
    "HTTPS://EXAMPLE.COM",
    "https://example.com./",
    "https://ana:secret@example.com/",
    "https://93.184.215.14/",
    "https://8.8.8.8",
    "https://172.15.255.255/",
    "https://172.32.0.1/",
    "https://100.63.255.255/",
    "https://100.128.0.1/",
    "https://192.0.1.1/",
    "https://223.255.255.255/",
    "https://[2606:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::808:808]/",
];

const PRIVATE: &[&str] = &[
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.255.255.254:9000/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://0177.1/",
    "http://127.0.0.1./",
    "http://１２７.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://012.1.2.3/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://0xc0a80101/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://169.254.1/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::808:808]/",
    "http://[2002:7f00:1::]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://inside.example.com/",
    "http://metadata.google.internal/",
    "http://six.example.com/",
    "http://mapped.example.com/",
    "http://wifi.example.com/",
];

const NO_ADDRESS: &[&str] = &[
    "",
    "example.com",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "http://",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "http://256.0.0.1/",
    "unix:/var/run/docker.sock",
    "//example.com/",
];

fn named(host: &str) -> io::Result<Vec<IpAddr>> {
    let found = NAMES.iter().find(|(name, _)| *name == host.trim_end_matches('.'));
    Ok(found.map(|(_, address)| address.parse().unwrap()).into_iter().collect())
}

fn guard(allowed: &[&str]) -> Guard {
    let allowed: Vec<String> = allowed.iter().map(|host| (*host).to_owned()).collect();
    Guard::looking_up(&allowed, Arc::new(|host| Box::pin(async move { named(&host) }))).unwrap()
}

/// The guard's word on an address, names looked up.
async fn verdict(guard: &Guard, allowed: &[&str], address: &str) -> Result<(), Refused> {
    let url = guard.check(address)?;
    let host = url.host_str().unwrap();
    if plain(host).parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let checked = Checked {
        allowed: Arc::new(allowed.iter().map(|host| plain(host)).collect()),
        look_up: Arc::new(|host| Box::pin(async move { named(&host) })),
    };
    match checked.resolve(host.parse().unwrap()).await {
        Ok(found) => {
            assert!(found.count() > 0, "{address}: nobody knows it");
            Ok(())
        }
        Err(why) => Err(why.downcast_ref::<Refused>().unwrap().clone()),
    }
}

#[tokio::test]
async fn only_the_open_internet_is_called_however_an_address_is_written() {
    let guard = guard(&[]);
    for address in OPEN {
        assert_eq!(verdict(&guard, &[], address).await, Ok(()), "{address}");
    }
    for address in PRIVATE {
        assert!(matches!(verdict(&guard, &[], address).await, Err(Refused::Private { .. })), "{address}");
    }
    for address in NO_ADDRESS {
        assert_eq!(verdict(&guard, &[], address).await, Err(Refused::NoAddress), "{address}");
    }
}

#[tokio::test]
async fn what_the_operator_names_is_called_and_its_neighbours_are_not() {
    let allowed = ["Inside.example.com", "10.0.0.5", "[::1]"];
    let guard = guard(&allowed);
    for address in ["http://inside.example.com/", "http://INSIDE.example.com./", "http://10.0.0.5:9/", "http://[::1]/"]
    {
        assert_eq!(verdict(&guard, &allowed, address).await, Ok(()), "{address}");
    }
    for address in ["http://10.0.0.6/", "http://127.0.0.1/", "http://localhost/", "http://six.example.com/"] {
        assert!(verdict(&guard, &allowed, address).await.is_err(), "{address}");
    }
}

#[test]
fn a_refusal_names_the_host_and_no_secret() {
    let said = guard(&[]).check("http://ana:hunter2@10.0.0.1/hunter2?token=hunter2").unwrap_err().to_string();
    assert!(said.contains("10.0.0.1") && said.contains("MUSTER_HTTP_ALLOW") && !said.contains("hunter2"), "{said}");
}

/// A name that answers with an open address first and with this machine's the next time.
#[tokio::test]
async fn a_name_that_turns_around_reaches_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let turning: Lookup = Arc::new(move |_| {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move { Ok(if first { Vec::new() } else { vec![[127, 0, 0, 1].into()] }) })
    });
    let guard = Guard::looking_up(&[], turning).unwrap();
    for _ in 0..2 {
        let url = guard.check(&format!("http://rebind.example.com:{port}/")).unwrap();
        let error = guard.client().get(url).send().await.unwrap_err();
        let late = heard.load(Ordering::SeqCst);
        assert_eq!(late, 0, "{error:?}");
    }
    let url = guard.check(&format!("http://rebind.example.com:{port}/")).unwrap();
    let error = guard.client().get(url).send().await.unwrap_err();
    assert_eq!(refused(&error), Some(Refused::Private { host: "rebind.example.com".to_owned() }), "{error:?}");
}
