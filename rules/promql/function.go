package promql

import (
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"

	"alertscale/rules/possible"
)

// scalars are the functions that return a number without labels.
var scalars = []string{"scalar", "time", "pi", "start", "end", "step", "range", "min_of", "max_of"}

// calendar are the functions that take the time of the evaluation where they have no argument.
var calendar = []string{"minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"}

// keeping are the functions whose results have the labels of the series that they take, beside those that end with
// _over_time.
var keeping = append([]string{
	"abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "changes", "clamp", "clamp_max", "clamp_min", "cos", "cosh", "deg",
	"delta", "deriv", "double_exponential_smoothing", "exp", "floor", "histogram_avg", "histogram_count", "histogram_stddev",
	"histogram_stdvar", "histogram_sum", "holt_winters", "idelta", "increase", "irate", "ln", "log10", "log2", "predict_linear", "rad",
	"rate", "resets", "round", "sgn", "sin", "sinh", "sort", "sort_by_label", "sort_by_label_desc", "sort_desc", "sqrt",
	"start_timestamp", "tan", "tanh", "timestamp",
}, calendar...)

// function returns what is known of the results of a function.
func (p *parser) function(name string, args []result) result {
	switch {
	case slices.Contains(scalars, name):
		return result{kind: scalar}
	case name == "absent" || name == "absent_over_time":
		return absent(args)
	case name == "vector", slices.Contains(calendar, name) && len(args) == 0:
		return of(possible.NoLabels())
	}
	i := slices.IndexFunc(args, func(r result) bool { return r.kind == vector })
	if i < 0 {
		return anything()
	}
	in := args[i].labels
	switch {
	case (name == "label_replace" || name == "label_join") && len(args) > 1:
		return of(in.With(args[1].text, possible.Any()))
	case name == "histogram_quantile" || name == "histogram_fraction":
		return of(in.With("le", possible.Any()))
	case slices.Contains(keeping, name), strings.HasSuffix(name, "_over_time"):
		return of(in)
	}
	return anything()
}

// absent returns the labels of what is not there: those that a selector names the value of. Where it says more of one, that
// one may be left out.
func absent(args []result) result {
	known := possible.NoLabels()
	if len(args) != 1 {
		return of(known)
	}
	seen := map[string]bool{}
	for _, m := range args[0].selects {
		v := possible.OneOf("")
		if m.Type == labels.MatchEqual {
			v = possible.OneOf(m.Value)
		}
		if seen[m.Name] {
			v = possible.OneOf("", m.Value).Or(known.Get(m.Name))
		}
		seen[m.Name] = true
		known = known.With(m.Name, v)
	}
	return of(known)
}
