package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// recipes run what the pages of docs/recipes/ ship, each by the name of its page.
var recipes = map[string]func(*testing.T, *recipe){
	"grow-while-it-burns":      growWhileItBurns,
	"back-to-normal":           backToNormal,
	"hpa-floor":                floorOfAnHPA,
	"business-hours":           businessHours,
	"hold-during-a-deployment": holdDuringADeployment,
	"queue":                    lengthOfAQueue,
	"from-zero-and-back":       fromZeroAndBack,
	"opt-in":                   onlyWhatOptedIn,
}

// commented is a line of a rule that the role of the examples has in a comment.
var commented = regexp.MustCompile(`(?m)^  # (- apiGroups:|  resources:|  verbs:)`)

// TestRecipes runs every recipe on a Prometheus, an Alertmanager and an alertscale of its own, in a namespace of its
// own, side by side: they wait for most of their time. The files are those of the page; what alertscale did is what
// the page says. Its account has what the role of the examples has in comments too, as some of the pages ask for.
func TestRecipes(t *testing.T) {
	role := shipped.File(t, "kubernetes/base/rbac.yaml")
	require.Len(t, commented.FindAllString(role, -1), 6, "two rules")
	cluster.Client.Apply(t, commented.ReplaceAllString(role, "  $1"))
	defer cluster.Client.Apply(t, role)

	var all sync.WaitGroup
	for name, run := range recipes {
		all.Go(func() {
			t.Run(name, func(t *testing.T) { run(t, newRecipe(t, name)) })
		})
	}
	all.Wait()
}

// TestRecipePages checks the pages with the programs that their files are for, and that each is listed, and run.
func TestRecipePages(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(recipesDir, "README.md"))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(recipesDir, "*.md"))
	require.NoError(t, err)
	require.Len(t, files, len(recipes)+1, "README.md, and one for each recipe")
	linked(t, "../docs/recipes/README.md")
	program := shipped.Build(t)
	for name := range recipes {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, string(list), "("+name+".md)")
			linked(t, "../docs/recipes/"+name+".md")
			p := readPage(t, name)
			dir := p.write(t)
			out, err := stack.Run(t, dir, stack.Prometheus, "promtool", "check", "rules", "--lint=all", "--lint-fatal", "rules.conf")
			require.NoError(t, err, out)
			out, err = stack.Run(t, dir, stack.Alertmanager, "amtool", "check-config", "config.yml")
			require.NoError(t, err, out)
			said, err := exec.CommandContext(t.Context(), program, "check", "--lint=fail", filepath.Join(dir, "alertscale.yml")).CombinedOutput()
			require.NoError(t, err, "%s", said)
			require.Contains(t, string(said), "SUCCESS")
			for _, alert := range p.alerts() {
				out, err := stack.Run(t, dir, stack.Alertmanager, "amtool", "config", "routes", "test",
					"--config.file=config.yml", "--verify.receivers=alertscale", "alertname="+alert, "namespace=shop")
				require.NoError(t, err, out)
				require.Contains(t, p.files["alertscale.yml"], `'alertname="`+alert+`"'`, "no rule of the page is for the alert")
			}
		})
	}
}
