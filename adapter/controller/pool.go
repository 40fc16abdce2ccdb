package controller

import "sync"

// MaxCalls is how many calls to one driver are made at a time.
const MaxCalls = 64

// pool works on the refs of one driver, at most MaxCalls at a time, in the order in which they come.
type pool struct {
	mu      sync.Mutex
	queue   []*entry
	running int
	idle    sync.WaitGroup
	work    func(*entry)
}

// submit queues a ref. The caller sees to it that a ref is not queued twice.
func (p *pool) submit(en *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, en)
	p.idle.Add(1)
	if p.running < MaxCalls {
		p.running++
		go p.run()
	}
}

func (p *pool) run() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 {
			p.running--
			p.queue = nil
			p.mu.Unlock()
			return
		}
		en := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		p.work(en)
		p.idle.Done()
	}
}
