// Package sim has loopback doubles of the providers: a gateway that sends signed webhooks as Razorpay does, and a mail
// server that takes what it is sent. Both can be slow, fail, repeat themselves and hang up. The demo, the benchmarks and the
// tests run on them. What they send follows from a seed alone, so a run can be repeated; nobody in it exists. Everything is
// safe for concurrent use unless it says otherwise.
package sim
