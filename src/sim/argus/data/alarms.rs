//! Alarms and attack categories in full, from tables. When a signature was triggered,
//! and how often, follows from the events that the caller may see.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::argus::data::EventRecord;
use crate::sim::argus::data::catalog::{self, ALARMS, ATTACK_CATEGORIES, ms};

/// What the catalogue does not say about an alarm.
struct Details {
    id: u64,
    info: &'static str,
    labels: &'static [&'static str],
    references: &'static [&'static str],
    signatures: &'static [&'static str],
    flags: &'static [&'static str],
    /// Days since it was made, last changed, last checked, and until the next check.
    days: [i64; 4],
    comment: Option<&'static str>,
}

#[rustfmt::skip] // a table
const DETAILS: &[Details] = &[
    Details {
        id: 58129, labels: &["malware", "c2"], references: &[], flags: &[], days: [830, 12, 12, 78],
        info: "<p>A client contacts a controller at fixed intervals. Isolate the client, keep its disk, and look for what started the program.</p>",
        signatures: &["SNORT-1:41336", "ARGUS-beacon-periodicity"],
        comment: Some("Interval and size of the answers were checked against traffic of update services."),
    },
    Details {
        id: 58240, labels: &["phishing", "credentials"], references: &[], flags: &[], days: [640, 20, 20, 70],
        info: "<p>A user opened a page that imitates a sign-in page. Ask whether a password was given away, and look for sign-ins from new places.</p>",
        signatures: &["ARGUS-landing-page", "ARGUS-spray-then-success"],
        comment: None,
    },
    Details {
        id: 58311, labels: &["dos", "availability"], references: &[], flags: &[], days: [900, 33, 33, 57],
        info: "<p>Many sources send more traffic than a service can take. Ask the carrier to filter, and watch the second protocol.</p>",
        signatures: &["ARGUS-flood-rate"],
        comment: None,
    },
    Details {
        id: 58377, labels: &["exploit", "office"], references: &["CVE-2024-21412", "CVE-2023-38831"], flags: &[], days: [410, 9, 9, 81],
        info: "<p>An office or mail program started a program that it has no need for, such as an archive tool or a script host.</p>",
        signatures: &["EDR-OFFICE-CHILD-01", "EDR-OFFICE-CHILD-02"],
        comment: Some("Rule EDR-OFFICE-CHILD-02 covers script hosts only."),
    },
    Details {
        id: 58402, labels: &["exfiltration", "dns"], references: &[], flags: &[], days: [720, 41, 41, 49],
        info: "<p>Data leaves through name look-ups or through uploads to unknown storage. Compare the volume with that of other days.</p>",
        signatures: &["ARGUS-dns-length", "ARGUS-upload-volume"],
        comment: None,
    },
    Details {
        id: 58455, labels: &["recon"], references: &[], flags: &[], days: [1100, 120, 60, 30],
        info: "<p>One source probes many ports or machines. By itself it does no harm.</p>",
        signatures: &["ARGUS-scan-sweep"],
        comment: None,
    },
    Details {
        id: 58490, labels: &["policy", "hygiene"], references: &[], flags: &[], days: [980, 200, 65, 25],
        info: "<p>A password crossed the network unencrypted. The service should move to an encrypted protocol.</p>",
        signatures: &["ARGUS-policy-clear-text"],
        comment: None,
    },
    Details {
        id: 58501, labels: &["retired"], references: &[], flags: &["DISABLED"], days: [1500, 400, 400, 0],
        info: "<p>Replaced by malware-callback. Kept for older events.</p>",
        signatures: &["SNORT-1:19884"],
        comment: None,
    },
];

/// What the catalogue does not say about attack categories: number, info, flags.
const CATEGORY_DETAILS: &[(u64, &str, &[&str])] = &[
    (301, "Probing without intrusion", &["RECONNAISSANCE"]),
    (342, "Traffic that keeps a service from answering", &[]),
    (355, "A weakness is used to run foreign code", &[]),
    (363, "Client talks to a controller", &[]),
    (366, "Data leaves over a protocol that is not meant for it", &[]),
    (371, "A user is led to give something away", &[]),
    (380, "Against the rules of the customer, but no attack", &[]),
];

/// When a signature was first and last triggered, and how often.
type Hits<'a> = HashMap<&'a str, (i64, i64, u64)>;

fn hits<'a>(visible: impl Iterator<Item = &'a EventRecord>) -> Hits<'a> {
    let mut hits = Hits::new();
    for event in visible {
        let signature = event.object["signature"]["name"].as_str().unwrap_or_default();
        let (first, last, amount) = hits.entry(signature).or_insert((i64::MAX, 0, 0));
        *first = (*first).min(event.time("firstEvent"));
        *last = (*last).max(event.time("lastEvent"));
        *amount += 1;
    }
    hits
}

/// All alarms with mappings and comments; `visible` are the events that the caller may see.
#[must_use]
pub fn alarms<'a>(start: Timestamp, visible: impl Iterator<Item = &'a EventRecord>) -> Vec<Value> {
    let hits = hits(visible);
    ALARMS
        .iter()
        .filter_map(|(id, short_name, description, category)| {
            let details = DETAILS.iter().find(|details| details.id == *id)?;
            let mut alarm = json!({
                "id": id, "shortName": short_name, "description": description, "info": details.info,
                "attackCategory": category_named(start, *category),
                "labels": details.labels, "references": details.references,
                "links": [format!("https://kb.example/{short_name}")], "flags": details.flags,
                "mappings": details.signatures.iter().map(|s| mapping(s, details, start, &hits)).collect::<Vec<_>>(),
                "comments": comments(details, start),
            });
            let [made, changed, checked, next] = details.days.map(|n| ms(SignedDuration::from_hours(24 * n)));
            let now = start.as_millisecond();
            for (stamp, user, at) in [
                ("createdTimestamp", "createdByUser", now - made),
                ("lastUpdatedTimestamp", "lastUpdatedByUser", now - changed),
                ("lastCheckTimestamp", "lastCheckByUser", now - checked),
            ] {
                alarm[stamp] = json!(at);
                alarm[user] = catalog::event_user_info(121);
            }
            alarm["nextCheckTimestamp"] = json!(if next == 0 { 0 } else { now + next });
            Some(alarm)
        })
        .collect()
}

fn comments(details: &Details, start: Timestamp) -> Vec<Value> {
    let at = start.as_millisecond() - ms(SignedDuration::from_hours(24 * details.days[1]));
    details
        .comment
        .map(|text| json!({"timestamp": at, "comment": text, "user": catalog::event_user_info(121)}))
        .into_iter()
        .collect()
}

fn mapping(signature: &str, details: &Details, start: Timestamp, hits: &Hits<'_>) -> Value {
    let (first, last, amount) = hits.get(signature).copied().unwrap_or_default();
    json!({
        "signature": signature, "firstTriggeredTimestamp": first, "lastTriggeredTimestamp": last,
        "triggerAmount": amount,
        "mappedTimestamp": start.as_millisecond() - ms(SignedDuration::from_hours(24 * details.days[0])),
        "mappedByUser": catalog::event_user_info(121), "flags": [],
    })
}

/// All attack categories in full.
#[must_use]
pub fn categories(start: Timestamp) -> Vec<Value> {
    ATTACK_CATEGORIES.iter().map(|(id, ..)| category_named(start, *id)).collect()
}

fn category_named(start: Timestamp, id: u64) -> Value {
    let details = CATEGORY_DETAILS.iter().find(|details| details.0 == id);
    let row = ATTACK_CATEGORIES.iter().find(|row| row.0 == id);
    let (Some((_, info, flags)), Some((_, short_name, name))) = (details, row) else {
        return Value::Null;
    };
    let days = |n: i64| start.as_millisecond() - ms(SignedDuration::from_hours(24 * n));
    json!({
        "id": id, "shortName": short_name, "name": name, "info": info, "flags": flags,
        "createdTimestamp": days(3000), "createdByUser": catalog::event_user_info(121),
        "lastUpdatedTimestamp": days(460), "lastUpdatedByUser": catalog::event_user_info(121),
        "deletedTimestamp": 0, "deletedByUser": null,
    })
}
