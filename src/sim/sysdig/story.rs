//! What happened, and when: the incidents that a reader can follow, and the
//! everyday noise around them.
//!
//! The main story: the exposed checkout service of Nordfjord is exploited, a
//! miner starts, the node's AWS role leads to a console login with a phished
//! user's name from the address of the beacon in Nordfjord's open case, and
//! ends in cluster-admin and emptied logs. Meanwhile malware is stopped in
//! Bergtun's `cluster1`. All times are offsets from the start of the world.

use jiff::SignedDuration;

use crate::sim::sysdig::detections as detect;
use crate::sim::sysdig::detections::Detection;
use crate::sim::sysdig::detections::Kind;
use crate::sim::sysdig::seed::Seed;
use crate::sim::world;
use crate::sim::world::Workload;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When, from the start of the world; negative is before.
    pub offset: SignedDuration,
    /// What was detected.
    pub detection: &'static Detection,
    /// Where it happened.
    pub place: Place,
    /// Happenings of one incident share their processes.
    pub incident: String,
    /// Start of the incident, from the start of the world.
    pub incident_start: SignedDuration,
}

/// Where something happened.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In one pod of a workload.
    Pod {
        /// The workload.
        workload: &'static Workload,
        /// Which of its pods, from 0.
        replica: u32,
    },
    /// To an account of a person.
    Account {
        /// The person's login name.
        user: &'static str,
        /// Where the person came from.
        ip: &'static str,
        /// Name of the cluster whose cloud account is meant.
        cluster: &'static str,
    },
}

/// Cluster, namespace and name of a workload.
type Name = (&'static str, &'static str, &'static str);

const CHECKOUT: Name = ("prod-eu-1", "shop", "checkout-api");
const EXPORTER: Name = ("prod-eu-1", "kube-system", "node-exporter");
const DICOM: Name = ("cluster1", "imaging", "dicom-router");
const FEED: Name = ("prod-us-2", "fleet", "position-feed");
const STAGING: Name = ("staging-1", "shop", "checkout-api");

/// Minutes before the start, what, where.
const IN_PODS: &[(&str, i64, &Detection, Name)] = &[
    ("checkout", 54, &detect::SHELL_EXPLOIT, CHECKOUT),
    ("checkout", 53, &detect::BASE64, CHECKOUT),
    ("checkout", 52, &detect::DRIFT_EXPLOIT, CHECKOUT),
    ("checkout", 51, &detect::FILELESS, CHECKOUT),
    ("checkout", 47, &detect::MINER, CHECKOUT),
    ("checkout", 44, &detect::METADATA_EXPLOIT, CHECKOUT),
    ("takeover", 31, &detect::CLUSTER_ADMIN, CHECKOUT),
    ("mount", 29, &detect::SENSITIVE_MOUNT, EXPORTER),
    ("logs", 24, &detect::CLEAR_LOGS, EXPORTER),
    ("imaging", 72, &detect::DRIFT_HELPER, DICOM),
    ("imaging", 71, &detect::MALWARE_BLOCKED, DICOM),
    ("look", 26, &detect::SHELL_ADMIN, DICOM),
    ("feed", 95, &detect::METADATA, FEED),
    ("review", 180, &detect::POSTURE, STAGING),
];

const TO_ACCOUNTS: &[(i64, &Detection, &str, &str, &str)] = &[
    (38, &detect::AWS_LOGIN, "t.aas", world::BEACON_IP, "prod-eu-1"),
    (37, &detect::AWS_LOGIN_MODEL, "t.aas", world::BEACON_IP, "prod-eu-1"),
    (12, &detect::OKTA_LOGIN_MODEL, "k.solheim", world::PHISHING_IP, "prod-eu-1"),
    (170, &detect::AWS_LOGIN, "m.lie", HAVBRIS_OFFICE, "prod-us-2"),
    (26 * 60, &detect::REPOSITORY, "m.lie", HAVBRIS_OFFICE, "prod-us-2"),
];

const NORDFJORD_OFFICE: &str = "198.51.100.10";
const HAVBRIS_OFFICE: &str = "192.0.2.10";

/// Everyday people: who, from where, for which cluster's account.
const EVERYDAY: &[(&str, &str, &str)] = &[
    ("k.solheim", NORDFJORD_OFFICE, "prod-eu-1"),
    ("t.aas", NORDFJORD_OFFICE, "staging-1"),
    ("m.lie", HAVBRIS_OFFICE, "prod-us-2"),
];

/// What noise is made of: nine low or medium to seven high.
const MIXED: &[&Detection] = &[
    &detect::SHELL_ADMIN,
    &detect::DRIFT_PACKAGE,
    &detect::METADATA,
    &detect::AWS_LOGIN,
    &detect::HOST_SCAN,
    &detect::CLEAR_LOGS,
    &detect::OKTA_LOGIN_MODEL,
    &detect::POSTURE,
    &detect::BASE64_JOB,
    &detect::SENSITIVE_MOUNT,
    &detect::CLUSTER_ADMIN,
    &detect::AWS_LOGIN_MODEL,
    &detect::REPOSITORY,
    &detect::MALWARE_BLOCKED,
    &detect::HOST_SCAN,
    &detect::DRIFT_PACKAGE,
];

/// The quiet part of it, for the hours around the incidents: what stands out
/// there is the story.
const QUIET: &[&Detection] = &[
    &detect::SHELL_ADMIN,
    &detect::METADATA,
    &detect::CLEAR_LOGS,
    &detect::HOST_SCAN,
    &detect::POSTURE,
    &detect::SENSITIVE_MOUNT,
    &detect::CLUSTER_ADMIN,
];

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// The oldest event stays inside the longest window, with room to look on.
const OLDEST: i64 = (14 * 24 - 4) * HOUR;

/// All happenings: 200 before the start of the world, and the quiet noise of
/// the day after it, which shows as time passes.
#[must_use]
pub fn happenings(seed: Seed) -> Vec<Happening> {
    let mut all = incidents();
    let stretches = [
        ("hour", QUIET, 21, -HOUR, 0),
        ("day", MIXED, 48, -24 * HOUR, -3 * HOUR),
        ("fortnight", MIXED, 112, -OLDEST, -24 * HOUR),
        ("ahead", QUIET, 144, 0, 24 * HOUR),
    ];
    for (name, detections, count, from, to) in stretches {
        all.extend((0..count).map(|index| noise(seed, name, detections, index, count, from, to)));
    }
    all
}

fn incidents() -> Vec<Happening> {
    let start_of = |incident: &str| {
        let minutes = IN_PODS.iter().filter(|row| row.0 == incident).map(|row| row.1);
        SignedDuration::from_mins(-minutes.max().unwrap_or(0))
    };
    let in_pods = IN_PODS.iter().map(|(incident, minutes, detection, name)| Happening {
        offset: SignedDuration::from_mins(-minutes),
        detection,
        place: Place::Pod { workload: workload(*name), replica: 0 },
        incident: (*incident).to_owned(),
        incident_start: start_of(incident),
    });
    let to_accounts = TO_ACCOUNTS.iter().map(|(minutes, detection, user, ip, cluster)| {
        let offset = SignedDuration::from_mins(-minutes);
        Happening {
            offset,
            detection,
            place: Place::Account { user, ip, cluster },
            incident: format!("login-{minutes}"),
            incident_start: offset,
        }
    });
    in_pods.chain(to_accounts).collect()
}

fn noise(
    seed: Seed,
    name: &str,
    detections: &[&'static Detection],
    index: i64,
    count: i64,
    from: i64,
    to: i64,
) -> Happening {
    let key = format!("{name}-{index}");
    let slot = (to - from) / count;
    // Kept off the edges of the slot, so that no event sits on a window's edge.
    let inside = seed.number(&[&key, "second"], u64::try_from(slot - 20).unwrap_or(1));
    let seconds = from + index * slot + 10 + i64::try_from(inside).unwrap_or(0);
    // Walking the list keeps the shares exact; the offset keeps runs apart.
    let at = usize::try_from(index).unwrap_or(0) % detections.len();
    let detection = detections[at];
    let offset = SignedDuration::from_secs(seconds);
    Happening { offset, detection, place: place(seed, &key, detection), incident: key, incident_start: offset }
}

fn place(seed: Seed, key: &str, detection: &Detection) -> Place {
    let about_a_person =
        matches!(detection.kind, Kind::AwsLogin | Kind::AwsLoginModel | Kind::OktaLoginModel | Kind::Repository { .. });
    if about_a_person {
        let (user, ip, cluster) = seed.choice(&[key, "person"], EVERYDAY);
        return Place::Account { user, ip, cluster };
    }
    // The metadata service in question exists on one provider only.
    let only_aws = detection.tags.contains(&"aws");
    let workloads: Vec<&'static Workload> =
        world::WORKLOADS.iter().filter(|workload| !only_aws || provider(workload.cluster) == "aws").collect();
    let workload = seed.choice(&[key, "workload"], &workloads);
    let replica = seed.number(&[key, "replica"], u64::from(workload.replicas));
    Place::Pod { workload, replica: u32::try_from(replica).unwrap_or(0) }
}

fn provider(cluster: &str) -> &'static str {
    world::CLUSTERS.iter().find(|candidate| candidate.name == cluster).map_or("", |cluster| cluster.provider)
}

fn workload((cluster, namespace, name): Name) -> &'static Workload {
    world::WORKLOADS
        .iter()
        .find(|w| w.cluster == cluster && w.namespace == namespace && w.name == name)
        .expect("the story names workloads of the shared world; a test builds all of it")
}
