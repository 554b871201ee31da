//! Hand-offs as they are read on a phone.

use muster::app::courier::Outgoing;
use muster::app::press::Pressed;
use muster::app::reply::{Control, Style};
use muster::discord::draw::message;
use muster::domain::id::ScheduleId;
use muster::words::Text;
use muster::words::handoff::{Led, LedIncident, Notice, OnCall, button, moved, notice, role_reason, role_refused};

use super::samples::{ANA, BEN, LEADS, ROOM, at, scene, strings};
use super::screen::screen;

fn shown(text: Text, controls: Vec<Control>) -> String {
    screen(&message(&Outgoing::Line { text, controls }, scene()).body)
}

fn led(numbers: impl Iterator<Item = i64>) -> Vec<LedIncident> {
    let title = |number| if number == 42 { "Payments: InstanceDown" } else { "@everyone **Checkout** is slow" };
    let one = |number| LedIncident { number, title: title(number).to_owned(), room: (number == 42).then_some(ROOM) };
    numbers.map(one).collect()
}

fn press(label: String) -> Vec<Control> {
    let does = Pressed::HandOver { schedule: ScheduleId(7), at: 1, place: 0 };
    vec![Control::Button { label, style: Style::Primary, does }]
}

#[test]
fn hand_offs() {
    let usual = Notice {
        title: "Payments primary".to_owned(),
        on_call: vec![OnCall::User(BEN)],
        until: Some(at(7 * 24 * 60)),
        before: vec![OnCall::User(ANA)],
        led: Vec::new(),
    };
    let leads = |numbers| vec![Led { lead: OnCall::User(ANA), incidents: led(numbers) }];
    let named = |name: &str| OnCall::Named(name.to_owned());
    let crowd = (0..11).map(|number| named(&format!("person {number}"))).collect();
    let screens = [
        ("a week's shift", usual.clone(), vec![]),
        ("with an open incident", Notice { led: leads(42..43), ..usual.clone() }, press(button("INC-42", "Ben"))),
        ("with two", Notice { led: leads(41..43), ..usual.clone() }, press(button("them", "Ben"))),
        ("with too many", Notice { led: leads(30..43), ..usual.clone() }, press(button("them", &"B".repeat(200)))),
        ("two at once", Notice { on_call: vec![OnCall::User(BEN), named("*Cleo*")], ..usual.clone() }, vec![]),
        (
            "the first shift, today, a crowd",
            Notice { until: Some(at(60)), before: vec![], on_call: crowd, ..usual.clone() },
            vec![],
        ),
        ("no end, and over already", Notice { until: None, on_call: vec![], ..usual.clone() }, vec![]),
    ];
    let mut all = String::new();
    for (name, said, controls) in screens {
        all += &format!("{name}\n{}\n", shown(notice(&said), controls));
    }
    all += &format!("moved\n{}\n", shown(moved(&[41, 42], "Ana", "Ben"), vec![]));
    all += &format!("nothing to move\n{}\n", shown(moved(&[], "Ana", "Ben"), vec![]));
    let why = "Muster may not give it. In Server Settings, Roles: give Muster's role Manage Roles, and drag it above this one";
    all += &format!("a role is refused\n{}\n", shown(role_refused("Payments primary", LEADS, why), vec![]));
    all += &format!(
        "in the server's log\n{}\n{}\n",
        role_reason(&strings(&["Payments primary", "backup"])),
        role_reason(&[])
    );
    insta::assert_snapshot!("hand_offs", all);
}
