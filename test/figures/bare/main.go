// Bare is what alertscale is measured against: it decodes notifications with encoding/json, and does nothing with
// them. What is posted to /unread/webhook it does not even decode. For what is posted to /change/webhook it takes a
// Deployment one up, after a commit of so many pages.
//
//	bare ADDRESS [NAMESPACE NAME PAGES]
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"alertscale/test/figures/floor"

	"k8s.io/client-go/tools/clientcmd"
)

// notification has the fields of Alertmanager's template.Data.
type notification struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	Alerts            []alert           `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

func main() {
	http.HandleFunc("POST /webhook", func(w http.ResponseWriter, r *http.Request) {
		var n notification
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success"}`)
	})
	http.HandleFunc("POST /unread/webhook", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"status":"success"}`)
	})
	if len(os.Args) > 2 {
		http.Handle("POST /change/webhook", changing(os.Args[2], os.Args[3], os.Args[4]))
	}
	http.HandleFunc("GET /-/ready", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

// changing returns a handler that changes a Deployment for each notification.
func changing(namespace, name, pages string) http.Handler {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.QPS, config.Burst = 100_000, 100_000
	deployments, err := floor.NewDeployments(config, namespace)
	must(err)
	dir, err := os.MkdirTemp("", "bare")
	must(err)
	disk, err := floor.NewDisk(dir)
	must(err)
	must(os.RemoveAll(dir)) // the file stays until it is closed
	n, err := strconv.Atoi(pages)
	must(err)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body notification
		err := json.NewDecoder(r.Body).Decode(&body)
		if err == nil {
			err = deployments.UpAfter(r.Context(), name, func() error { return disk.Commit(n) })
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"status":"success"}`)
	})
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
