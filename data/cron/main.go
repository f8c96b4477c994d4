// What robfig/cron 3.0.1, which Kubernetes uses, makes of schedules: written to cron.tsv by recipe.sh.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

var zones = []string{
	"Etc/UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Asia/Beirut",
	"Australia/Lord_Howe", "Asia/Kolkata", "America/Havana", "Pacific/Auckland", "America/St_Johns",
	"Asia/Kathmandu", "Europe/Dublin", "Pacific/Chatham",
}

// Expressions that a person would write, and all that someone tried by mistake.
var fixed = []string{
	"15 2 * * *", "30 2 * * *", "0 0 * * *", "0 0 * * 0", "30 0 * * 0", "0 12 * * 0", "59 23 * * *",
	"0 * * * *", "*/15 * * * *", "*/7 1-3 * * *", "30 1 * * 0", "5/15 22-23 * * *", "0 0 31 * *",
	"0 0 29 2 *", "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 29 2 1", "0 0 1 * 1", "0 0 */2 * 1",
	"0 0 */1 * 1", "0 0 1-31 * 1", "0 0 *,5 * 1", "0 0 * * 1-5", "0 0 ? * ?", "0 0 * JAN-mar MON,Fri",
	"0 0 13 * FRI", "59 59 * * *", "0 0 * * 7", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *",
	"0 0 * 0 *", "0 0 * 13 *", "0 0 L * *", "0 0 15W * *", "0 0 * * 5#2", "0 0 2 * * *", "* * * *",
	"22-2 * * * *", "*/0 * * * *", "*/100 * * * *", "*/9223372036854775807 * * * *",
	"*/9223372036854775808 * * * *", "1,,2 * * * *", ", * * * *", "+5 * * * *", "*/+5 * * * *", "*-5 * * * *",
	"-5 * * * *", "5- * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "05 002 * * *", "0 0 * * SUNDAY",
	"0 0 * * sun-sat", "0 0 1 jan *", "0 jan * * *", "@hourly", "@daily", "@midnight", "@weekly",
	"@monthly", "@yearly", "@annually", "@Daily", "@reboot", "@every 5m", "@daily ", " 0 2 * * * ", "", " ",
	"TZ=UTC 0 2 * * *", "0 0 * * *-0", "0-59/30 */12 * * *", "10-20/3 4 * * *", "0 2-4/2,9 * * *", "? ? ? ? ?",
	"*/1 */1 */1 */1 */1", "0 3 * */3 *", "0 3 */10 */5 */3",
}

// A field that is often right and sometimes not.
func field(r *rand.Rand, least, most int, names []string) string {
	value := func() string {
		n := least + r.Intn(most-least+1)
		if r.Intn(40) == 0 {
			n = most + 1 + r.Intn(3)
		}
		if names != nil && n-least < len(names) && n >= least && r.Intn(3) == 0 {
			return names[n-least]
		}
		return fmt.Sprint(n)
	}
	element := func() string {
		text := "*"
		switch r.Intn(8) {
		case 0, 1, 2:
			text = value()
		case 3, 4:
			text = value() + "-" + value()
		case 5:
			text = "?"
		}
		if r.Intn(4) == 0 {
			text += fmt.Sprintf("/%d", r.Intn(9))
		}
		return text
	}
	text := element()
	for r.Intn(4) == 0 {
		text += "," + element()
	}
	return text
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	r := rand.New(rand.NewSource(1))
	expressions := fixed
	months := strings.Split("jan feb mar apr may jun jul aug sep oct nov dec", " ")
	days := strings.Split("SUN MON TUE WED THU FRI SAT", " ")
	for i := 0; i < 900; i++ {
		expressions = append(expressions, strings.Join([]string{
			field(r, 0, 59, nil), field(r, 0, 23, nil), field(r, 1, 31, nil), field(r, 1, 12, months), field(r, 0, 6, days),
		}, " "))
	}
	for i, expression := range expressions {
		schedule, err := parse(expression)
		if err != nil {
			fmt.Fprintf(out, "%s\tno\n", expression)
			continue
		}
		if _, every := schedule.(cron.ConstantDelaySchedule); every {
			fmt.Fprintf(out, "%s\tevery\n", expression)
			continue
		}
		// What people write in every zone; the rest in one, in turn.
		in := zones
		if i >= len(fixed) {
			in = []string{zones[i%len(zones)]}
		}
		for _, name := range in {
			location, err := time.LoadLocation(name)
			if err != nil {
				panic(err)
			}
			schedule.(*cron.SpecSchedule).Location = location
			fmt.Fprintf(out, "%s\t%s", expression, name)
			// Days before each change of the clocks of 2024 and 2025, and the change itself, minute by minute.
			var starts []time.Time
			for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2026; at = at.Add(15 * time.Minute) {
				_, before := at.In(location).Zone()
				_, after := at.Add(15 * time.Minute).In(location).Zone()
				if before != after {
					starts = append(starts, at.Add(-50*time.Hour), at.Add(-61*time.Minute), at.Add(20*time.Minute+13*time.Second))
				}
			}
			for k := 0; k < 4; k++ {
				starts = append(starts, time.Unix(1704067200+r.Int63n(2*365*86400), 0))
			}
			if i >= len(fixed) && len(starts) > 5 {
				starts = starts[:5]
			}
			for _, start := range starts {
				at, runs := start, []string{}
				for k := 0; k < 3; k++ {
					if at = schedule.Next(at); at.IsZero() {
						runs = append(runs, "never")
						break
					}
					// Laws change: what a zone will do is another thing in another year's database.
					if at.Unix() >= 1767225600 && name != "Etc/UTC" {
						runs = append(runs, "later")
						break
					}
					runs = append(runs, fmt.Sprint(at.Unix()-start.Unix()))
				}
				fmt.Fprintf(out, "\t%d:%s", start.Unix(), strings.Join(runs, ","))
			}
			fmt.Fprintln(out)
		}
	}
}

// A zone without a space after it makes robfig/cron panic.
func parse(expression string) (schedule cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("panic")
		}
	}()
	return cron.ParseStandard(expression)
}
