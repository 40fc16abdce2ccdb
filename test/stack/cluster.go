package stack

// A Cluster is a Kubernetes whose pods are ready as soon as they exist.
type Cluster struct {
	Etcd        *EtcdServer
	API         *APIServer
	Controllers *Process
	Kwok        *Process
	Client      *Client // The administrator's.
}

// StartCluster starts a cluster that knows the accounts beside Admin.
func StartCluster(t T, accounts ...Account) *Cluster {
	t.Helper()
	etcd := StartEtcd(t)
	api := StartAPIServer(t, APIServerOptions{Etcd: etcd, Accounts: accounts})
	return &Cluster{
		Etcd:        etcd,
		API:         api,
		Controllers: StartControllerManager(t, api),
		Kwok:        StartKwok(t, api),
		Client:      NewClient(t, api.Kubeconfig(t, Admin)),
	}
}
