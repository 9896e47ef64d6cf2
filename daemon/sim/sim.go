// Package sim has loopback doubles of the providers: gateways that send signed webhooks as Razorpay and PayU do and answer as
// their APIs do, and a mail server that takes what it is sent. All can be slow, fail, repeat themselves and hang up. The
// demo, the benchmarks and the tests run on them. What they send follows from a seed alone, so a run can be repeated; nobody
// in it exists. Everything is safe for concurrent use unless it says otherwise.
//
// Razorpay makes very many webhooks of captured payments and keeps nothing. RazorpayAPI and PayU keep a book: payments are
// ordered with a Charge, each change makes its webhooks, the API tells of the book, and a Trouble makes it go wrong. A Day
// is a script over both of them, with what a ledger should look like in the end. WhatsApp keeps people, what they say and what
// they are sent. SMTP and IMAP are a mail server's two sides: what was sent to the one is answered, or bounced, by the other.
package sim
