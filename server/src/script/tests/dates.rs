use super::*;

/// `now` is Monday 2026-11-23 10:20:24.123 -03:00 in São Paulo.
fn all(cases: &[(&str, Value)]) {
    for (expression, expected) in cases {
        check(expression, expected.clone());
    }
}

#[test]
fn now_and_today() {
    all(&[
        ("$now", json!("2026-11-23T10:20:24.123-03:00")),
        ("$now.toISO()", json!("2026-11-23T10:20:24.123-03:00")),
        ("$today.toISO()", json!("2026-11-23T00:00:00.000-03:00")),
        ("$today", json!("2026-11-23T00:00:00.000-03:00")),
        ("`${$now}`", json!("2026-11-23T10:20:24.123-03:00")),
        ("$now.toUTC().toISO()", json!("2026-11-23T13:20:24.123Z")),
        (
            "[$now.year, $now.month, $now.day, $now.hour, $now.minute, $now.second, $now.millisecond]",
            json!([2026, 11, 23, 10, 20, 24, 123]),
        ),
        (
            "[$now.weekday, $now.weekNumber, $now.weekYear, $now.ordinal, $now.quarter, $now.daysInMonth]",
            json!([1, 48, 2026, 327, 4, 30]),
        ),
        ("$now.zoneName + $now.offset", json!("America/Sao_Paulo-180")),
        ("Math.abs(DateTime.now() - Date.now()) < 5000", json!(true)),
        ("$now.toMillis() - $now.toSeconds() * 1000", json!(0)),
    ]);
}

#[test]
fn reading() {
    all(&[
        ("DateTime.fromISO('2026-02-03').toISO()", json!("2026-02-03T00:00:00.000-03:00")),
        ("DateTime.fromISO('2026-02-03T04:05:06.789Z').toISO()", json!("2026-02-03T01:05:06.789-03:00")),
        (
            "DateTime.fromISO('2026-02-03T04:05+02:00', { setZone: true }).toISO()",
            json!("2026-02-03T04:05:00.000+02:00"),
        ),
        (
            "DateTime.fromISO('20260203T0405', { zone: 'Europe/Berlin' }).toISO()",
            json!("2026-02-03T04:05:00.000+01:00"),
        ),
        (
            "DateTime.fromISO('2026-W48-1').toISODate() + DateTime.fromISO('2026-034').toISODate()",
            json!("2026-11-232026-02-03"),
        ),
        ("DateTime.fromISO('2026-02').toISODate()", json!("2026-02-01")),
        ("DateTime.fromISO('2026-02-30').isValid || DateTime.fromISO('soon').isValid", json!(false)),
        ("DateTime.fromFormat('03/02/26 7:08 PM', 'dd/MM/yy h:mm a').toISO()", json!("2026-02-03T19:08:00.000-03:00")),
        (
            "DateTime.fromFormat('3 February 2026 12 AM', \"d MMMM yyyy h a\").toISO()",
            json!("2026-02-03T00:00:00.000-03:00"),
        ),
        (
            "DateTime.fromFormat('2026-02-03 04:05 +0100', 'yyyy-MM-dd HH:mm ZZZ').toUTC().toISO()",
            json!("2026-02-03T03:05:00.000Z"),
        ),
        ("DateTime.fromFormat(\"on 3.2.2026\", \"'on' d.M.yyyy\").toISODate()", json!("2026-02-03")),
        ("DateTime.fromFormat('x', 'yyyy').isValid", json!(false)),
        (
            "DateTime.fromMillis(0).toUTC().toISO() + DateTime.fromSeconds(1).toMillis()",
            json!("1970-01-01T00:00:00.000Z1000"),
        ),
        ("DateTime.fromObject({ year: 2026, month: 2 }, { zone: 'utc' }).toISO()", json!("2026-02-01T00:00:00.000Z")),
        (
            "DateTime.local(2026, 2, 3, 4).toISO() + DateTime.utc(2026).toISO()",
            json!("2026-02-03T04:00:00.000-03:002026-01-01T00:00:00.000Z"),
        ),
        ("DateTime.fromSQL('2026-02-03 04:05:06').toISO()", json!("2026-02-03T04:05:06.000-03:00")),
        ("DateTime.fromRFC2822('Tue, 03 Feb 2026 04:05:06 +0100').toUTC().toISO()", json!("2026-02-03T03:05:06.000Z")),
        ("DateTime.fromJSDate(new Date(0)).toUTC().year", json!(1970)),
        ("'2026-02-03'.toDateTime().month + new Date(0).toDateTime().toUTC().day", json!(3)),
        (
            "'1700000000'.toDateTime('s').toMillis() + '44000'.toDateTime('excel').toISODate()",
            json!("17000000000002020-06-18"),
        ),
    ]);
}

#[test]
fn arithmetic_keeps_the_clock_across_daylight_saving() {
    all(&[
        ("$now.plus({ days: 1, hours: 2 }).toISO()", json!("2026-11-24T12:20:24.123-03:00")),
        ("$now.minus({ months: 9 }).toISODate() + $now.plus(2, 'weeks').toISODate()", json!("2026-02-232026-12-07")),
        ("DateTime.fromISO('2026-01-31').plus({ months: 1 }).toISODate()", json!("2026-02-28")),
        ("DateTime.fromISO('2024-02-29').plus({ years: 1 }).toISODate()", json!("2025-02-28")),
        // Berlin: clocks go forward on 2026-03-29 and back on 2026-10-25.
        (
            "DateTime.fromISO('2026-03-28T12:00', { zone: 'Europe/Berlin' }).plus({ days: 1 }).toISO()",
            json!("2026-03-29T12:00:00.000+02:00"),
        ),
        (
            "DateTime.fromISO('2026-03-28T12:00', { zone: 'Europe/Berlin' }).plus({ hours: 24 }).toISO()",
            json!("2026-03-29T13:00:00.000+02:00"),
        ),
        (
            "DateTime.fromISO('2026-03-29T02:30', { zone: 'Europe/Berlin' }).toISO()",
            json!("2026-03-29T03:30:00.000+02:00"),
        ),
        (
            "DateTime.fromISO('2026-10-25T02:30', { zone: 'Europe/Berlin' }).toISO()",
            json!("2026-10-25T02:30:00.000+02:00"),
        ),
        ("DateTime.fromISO('2026-07-01', { zone: 'Europe/Berlin' }).isInDST && !$now.isInDST", json!(true)),
        (
            "$now.startOf('week').toISO() + $now.startOf('month').toISODate() + $now.startOf('quarter').toISODate()",
            json!("2026-11-23T00:00:00.000-03:002026-11-012026-10-01"),
        ),
        (
            "$now.startOf('hour').toISO() + $now.endOf('year').toISO()",
            json!("2026-11-23T10:00:00.000-03:002026-12-31T23:59:59.999-03:00"),
        ),
        ("$now.endOf('month').toISO()", json!("2026-11-30T23:59:59.999-03:00")),
        (
            "$now.set({ month: 2, day: 3, hour: 0 }).toISO() + $now.set({ weekday: 7 }).toISODate()",
            json!("2026-02-03T00:20:24.123-03:002026-11-29"),
        ),
        (
            "$now.setZone('Asia/Tokyo').toISO() + $now.setZone('UTC+5').toISO()",
            json!("2026-11-23T22:20:24.123+09:002026-11-23T18:20:24.123+05:00"),
        ),
        ("$now.setZone('Asia/Tokyo', { keepLocalTime: true }).toISO()", json!("2026-11-23T10:20:24.123+09:00")),
        ("$now.setZone('Nowhere/Land').isValid", json!(false)),
    ]);
}

#[test]
fn comparing() {
    all(&[
        ("$now.diff($today, 'hours').hours > 10 && $now > $today", json!(true)),
        (
            "DateTime.fromISO('2026-03-01').diff(DateTime.fromISO('2026-01-15'), ['months', 'days']).toObject()",
            json!({ "months": 1, "days": 14 }),
        ),
        ("DateTime.fromISO('2026-01-15').diff(DateTime.fromISO('2026-03-01'), 'days').days", json!(-45)),
        ("DateTime.fromISO('2026-01-02').diff(DateTime.fromISO('2026-01-01')).as('hours')", json!(24)),
        ("DateTime.fromISO('2026-01-02T12:00').diff(DateTime.fromISO('2026-01-01'), 'days').days", json!(1.5)),
        ("DateTime.fromISO('2026-01-01').diffTo('2026-01-11', 'days')", json!(10)),
        ("$now.hasSame($today, 'day') && !$now.hasSame($today, 'hour')", json!(true)),
        ("$now.equals($now) && !$now.equals($now.toUTC()) && +$now === +$now.toUTC()", json!(true)),
        ("$now.isBetween('2026-01-01', '2027-01-01') && !$now.isWeekend()", json!(true)),
        ("DateTime.min($now, $today).toISO() === $today.toISO()", json!(true)),
        ("Interval.fromDateTimes('2026-01-01', '2026-01-08').length('days')", json!(7)),
        ("Interval.after($today, { days: 1 }).contains($now)", json!(true)),
    ]);
}

#[test]
fn writing() {
    all(&[
        ("$now.toFormat('yyyy-MM-dd HH:mm:ss.SSS ZZ')", json!("2026-11-23 10:20:24.123 -03:00")),
        ("$now.toFormat(\"d LLL yy, cccc 'at' h:mm a\")", json!("23 Nov 26, Monday at 10:20 AM")),
        (
            "$now.setLocale('pt-BR').toFormat(\"cccc, d 'de' MMMM 'de' yyyy\")",
            json!("segunda-feira, 23 de novembro de 2026"),
        ),
        (
            "$now.format('dd/MM/yyyy') + $now.toFormat(' W o q X Z z')",
            json!("23/11/2026 48 327 4 1795440024 -3 America/Sao_Paulo"),
        ),
        ("$now.toISODate() + $now.toISOTime() + $now.toISOWeekDate()", json!("2026-11-2310:20:24.123-03:002026-W48-1")),
        ("$now.toISO({ suppressMilliseconds: true, includeOffset: false })", json!("2026-11-23T10:20:24.123")),
        (
            "$now.startOf('second').toISO({ suppressMilliseconds: true, includeOffset: false })",
            json!("2026-11-23T10:20:24"),
        ),
        ("$now.toLocaleString() + ' ' + $now.setLocale('pt-BR').toLocaleString()", json!("11/23/2026 23/11/2026")),
        ("$now.toLocaleString(DateTime.DATETIME_MED)", json!("Nov 23, 2026, 10:20 AM")),
        ("$now.toSQL() + $now.toHTTP()", json!("2026-11-23 10:20:24.123 -03:00Mon, 23 Nov 2026 13:20:24 GMT")),
        ("$now.extract('month') + $now.monthLong + $now.weekdayShort", json!("11NovemberMon")),
        (
            "$now.toObject()",
            json!({ "year": 2026, "month": 11, "day": 23, "hour": 10, "minute": 20, "second": 24, "millisecond": 123 }),
        ),
        ("new Date(0).toISOString() + new Date(0).format('yyyy')", json!("1970-01-01T00:00:00.000Z1969")),
        (
            "Duration.fromObject({ hours: 25, minutes: 3 }).toISO() + Duration.fromISO('P1DT2H').as('hours')",
            json!("PT25H3M26"),
        ),
        (
            "Duration.fromMillis(3723000).toFormat('hh:mm:ss') + ' ' + Duration.fromObject({ days: 1, hours: 2 }).toHuman()",
            json!("01:02:03 1 day, 2 hours"),
        ),
    ]);
}
