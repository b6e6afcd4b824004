//! Japanese words.

use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::WeekdaySide;
use crate::domain::grounding::atom::lexicon::Bound;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::lexicon::Table;
use crate::domain::lang::Lang;

pub(super) static TABLE: Table = Table {
    lang: Lang::Ja,
    // Written numbers are read digit by digit; see the kanji reader.
    numbers: &[],
    ordinals: &[],
    months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
    weekdays: ["月曜日 月曜", "火曜日 火曜", "水曜日 水曜", "木曜日 木曜", "金曜日 金曜", "土曜日 土曜", "日曜日 日曜"],
    phrases: &[
        (Meaning::Mult(100), &["百"]),
        (Meaning::Mult(1_000), &["千"]),
        (Meaning::Mult(10_000), &["万"]),
        (Meaning::Mult(100_000_000), &["億"]),
        (Meaning::Fraction(1, 2), &["半分", "半数", "二分の一"]),
        (Meaning::Fraction(1, 3), &["三分の一"]),
        (Meaning::Fraction(2, 3), &["三分の二"]),
        (Meaning::Fraction(1, 4), &["四分の一"]),
        (Meaning::Vague(2, 9), &["数件", "数台", "数個", "数人", "いくつか"]),
        (Meaning::Vague(20, 99), &["数十"]),
        (Meaning::Vague(200, 999), &["数百"]),
        (Meaning::Vague(2_000, 9_999), &["数千"]),
        (Meaning::Approx(Bound::About), &["約", "およそ", "おおよそ", "ほぼ"]),
        (Meaning::Approx(Bound::Nearly), &["もう少しで"]),
        (Meaning::Approx(Bound::AtLeast), &["少なくとも", "最低"]),
        (Meaning::Approx(Bound::AtMost), &["最大", "多くとも"]),
        (Meaning::ApproxAfter(Bound::AtLeast), &["以上"]),
        (Meaning::ApproxAfter(Bound::AtMost), &["以下", "以内"]),
        (Meaning::ApproxAfter(Bound::Under), &["未満"]),
        (Meaning::ApproxAfter(Bound::Over), &["超", "を超える", "を超えて"]),
        (Meaning::ApproxAfter(Bound::Nearly), &["近く", "弱"]),
        (Meaning::ApproxAfter(Bound::JustOver), &["強"]),
        (Meaning::ApproxAfter(Bound::About), &["程度", "ほど", "くらい", "ぐらい", "前後"]),
        (Meaning::Unit(Unit::Percent), &["パーセント"]),
        (Meaning::Unit(Unit::PercentagePoint), &["パーセントポイント", "ポイント"]),
        (Meaning::Unit(Unit::Byte), &["バイト"]),
        (Meaning::Unit(Unit::Millisecond), &["ミリ秒"]),
        (Meaning::Unit(Unit::Second), &["秒間", "秒"]),
        (Meaning::Unit(Unit::Minute), &["分間", "分"]),
        (Meaning::Unit(Unit::Hour), &["時間"]),
        (Meaning::Unit(Unit::Day), &["日間", "日"]),
        (Meaning::Unit(Unit::Week), &["週間"]),
        (Meaning::Unit(Unit::Month), &["か月", "ヶ月", "カ月", "ヵ月", "箇月"]),
        (Meaning::Unit(Unit::Year), &["年間", "年"]),
        (Meaning::Offset(0), &["今日", "本日", "今朝", "今夜"]),
        (Meaning::Offset(-1), &["昨日", "昨夜", "昨晩"]),
        (Meaning::Offset(1), &["明日"]),
        (Meaning::Offset(-2), &["一昨日", "おととい"]),
        (Meaning::Now, &["たった今", "先ほど"]),
        (Meaning::Ago, &["前"]),
        (Meaning::Meridiem(false), &["午前"]),
        (Meaning::Meridiem(true), &["午後"]),
        (Meaning::LocalZone, &["現地時間"]),
        (Meaning::To, &["から"]),
        (Meaning::Side(WeekdaySide::Past), &["先週の", "前の"]),
        (Meaning::Side(WeekdaySide::Future), &["来週の", "次の"]),
        (Meaning::Record, &["ケース", "案件", "インシデント", "チケット", "イベント", "アラート", "顧客", "ポート"]),
        (Meaning::Running, &["手順", "表", "図"]),
    ],
    filler: "の は が を に で と も た す い る な か し て り",
};
