package ses_test

// samples says what each sample means: whether it is believed, and what it says.
func samples() map[string][]string {
	return map[string][]string{
		"aws-docs/event.bounce_record.json": {
			"ses.Bounce: line=sender@example.com; at=1501893662; status=failed; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=recipient@example.com; fault=5.1.1 person The address does not exist.",
		},
		"aws-docs/event.click_record.json": {
			"ses.Click: line=sender@example.com; at=1795435140; refused=word of who opened a mail, which is not kept",
		},
		"aws-docs/event.complaint_record.json": {
			"ses.Complaint: line=sender@example.com; at=1501893662; wish=all stop true; of=recipient@example.com",
		},
		"aws-docs/event.delivery_record.json": {
			"ses.Delivery: line=sender@example.com; at=1476919264; status=delivered; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=recipient@example.com",
		},
		"aws-docs/event.deliverydelay_record.json": {
			"ses.DeliveryDelay: line=sender@example.com; at=1592267140; status=sent; soft=true; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=recipient@example.com; fault=4.4.1 transient It has not arrived yet; the mail server goes on trying.",
		},
		"aws-docs/event.open_record.json": {
			"ses.Open: line=sender@example.com; at=1795435140; refused=word of who opened a mail, which is not kept",
		},
		"aws-docs/event.reject_record.json": {
			"ses.Reject: line=sender@example.com; at=1476466695; status=failed; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=sender@example.com; fault=Reject message Amazon does not send it: it thinks that there is a virus in it.",
		},
		"aws-docs/event.rendering_failure_record.json": {
			"ses.RenderingFailure: line=sender@example.com; at=1516646586; status=failed; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=recipient@example.com; fault=RenderingFailure template Amazon could not fill in the template.",
		},
		"aws-docs/event.send_record.json": {
			"ses.Send: line=sender@example.com; at=1476421336; status=sent; of=e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000@ap-south-1.amazonses.com; to=recipient@example.com",
		},
		"aws-docs/event.subscription_record.json": {
			"ses.Subscription: line=sender@example.com; at=1641949214; wish=marketing stop true; of=recipient@example.com",
		},
		"aws-docs/notification.amazon_sns_delivery_notification_example.json": {
			"ses.Delivery: line=john@example.com; at=1453906778; status=delivered; of=0000014644fe5ef6-9a483358-9170-4cb4-a269-f5dcdf415321-000000@ap-south-1.amazonses.com; to=jane@example.com",
		},
		"aws-docs/notification.bounce_notification_with_a_dsn.json": {
			"ses.Bounce: line=john@example.com; at=1453906778; status=failed; of=00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000@ap-south-1.amazonses.com; to=jane@example.com; fault=5.1.1 person The address does not exist.",
		},
		"aws-docs/notification.bounce_notification_without_a_dsn.json": {
			"ses.Bounce: line=john@example.com; at=1453906778; status=failed; of=00000137860315fd-34208509-5b74-41f3-95c5-22c1edc3c924-000000@ap-south-1.amazonses.com; to=jane@example.com; fault=Permanent/General person The address does not exist.",
			"ses.Bounce: line=john@example.com; at=1453906778; status=failed; of=00000137860315fd-34208509-5b74-41f3-95c5-22c1edc3c924-000000@ap-south-1.amazonses.com; to=richard@example.com; fault=Permanent/General person The address does not exist.",
		},
		"aws-docs/notification.complaint_notification_with_a_feedback_report.json": {
			"ses.Complaint: line=john@example.com; at=1453906778; wish=all stop true; of=richard@example.com",
		},
		"aws-docs/notification.complaint_notification_without_a_feedback_report.json": {
			"ses.Complaint: line=john@example.com; at=1453906778; wish=all stop true; of=richard@example.com",
		},
		"aws-docs/received.alert_notification.json": {
			"ses.Received: at=1442003553; problem=A mail lies in the bucket \"my-S3-bucket\", which is not set up here: see the setting bucket.; grave=true",
		},
		"aws-docs/received.notification_of_an_sns_action.json": {
			"mail: line=recipient@example.com; at=1442003553; kind=text; from=sender@example.com; subject=Example subject; text=\"Example content\"; auto=bulk; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"aws-docs/sns.Notification.json": {
			"forged: the signature does not match",
			"ses: at=1335920046; unknown=a notification that is not one of SES",
		},
		"aws-docs/sns.SubscriptionConfirmation.json": {
			"forged: the signature does not match",
			"sns.SubscriptionConfirmation: at=1335473104; errand=confirm",
		},
		"aws-docs/sns.UnsubscribeConfirmation.json": {
			"forged: the signature does not match",
			"sns.UnsubscribeConfirmation: at=1335470801; problem=The subscription to the topic arn:aws:sns:us-west-2:123456789012:MyTopic was ended at Amazon: nothing more will be heard of it.; grave=true",
		},
		"aws-lambda-go/ses-lambda-event.json": {
			"not understood: this is not what SNS delivers",
		},
		"aws-lambda-go/ses-s3-event.json": {
			"not understood: this is not what SNS delivers",
		},
		"aws-lambda-go/ses-sns-event.json": {
			"not understood: this is not what SNS delivers",
		},
		"aws-lambda-go/sns-event.json": {
			"not understood: this is not what SNS delivers",
		},
		"invalid.cert_url_foreign_host.json": {
			"not to be learnt: the certificate is said to lie where Amazon keeps none",
			"forged: the certificate is said to lie where Amazon keeps none",
			"ses.test: at=1793507580; problem=Amazon SES has tried the topic: it works.",
		},
		"invalid.message_changed.json": {
			"forged: the signature does not match",
			"ses.test: at=1793507580; problem=Amazon SES has tried the topic: it works.",
		},
		"invalid.signature_version_flipped_to_2.json": {
			"forged: the signature does not match",
			"ses.test: at=1793507580; problem=Amazon SES has tried the topic: it works.",
		},
		"invalid.subject_removed.json": {
			"forged: the signature does not match",
			"ses.test: at=1793507580; problem=Amazon SES has tried the topic: it works.",
		},
		"invalid.topic_changed.json": {
			"not to be learnt: this is of a topic that is not one of ours",
			"forged: this is of a topic that is not one of ours",
			"sns.Notification: at=1793507580; refused=a topic that is not one of this account's",
		},
		"invalid.unknown_type.json": {
			"not to be learnt: this is not what SNS delivers",
			"forged: this is not what SNS delivers",
			"not understood: this is not what SNS delivers",
		},
		"ses.bounce.permanent_general.json": {
			"ses.Bounce: line=help@ngo.example.org; at=1793509203; status=failed; of=0109019synthetic0001-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org; fault=5.1.1 person The address does not exist.",
		},
		"ses.bounce.suppression_list.json": {
			"ses.Bounce: line=help@ngo.example.org; at=1793509203; status=failed; of=0109019synthetic0002-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org; fault=5.1.1 person Our mail provider no longer sends to this address, because earlier mails came back.",
		},
		"ses.bounce.transient_mailbox_full.json": {
			"ses.Bounce: line=help@ngo.example.org; at=1793509203; status=failed; of=0109019synthetic0003-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org; fault=4.2.2 transient The mailbox is full.",
		},
		"ses.complaint.abuse.json": {
			"ses.Complaint: line=help@ngo.example.org; at=1793509800; wish=all stop true; of=donor@example.org",
		},
		"ses.delivery.json": {
			"ses.Delivery: line=help@ngo.example.org; at=1793509202; status=delivered; of=0109019synthetic0005-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org",
		},
		"ses.event.bounce_with_tags.json": {
			"ses.Bounce: line=help@ngo.example.org; at=1793509203; status=failed; of=0109019synthetic0007-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org; fault=5.1.1 person The address does not exist.",
		},
		"ses.event.delivery_delay.json": {
			"ses.DeliveryDelay: line=help@ngo.example.org; at=1793511000; status=sent; soft=true; of=0109019synthetic0006-11111111-2222-3333-4444-555555555555-000000@ap-south-1.amazonses.com; to=donor@example.org; fault=4.4.1 transient It has not arrived yet; the mail server goes on trying.",
		},
		"ses.received.dmarc_fail_quarantine_spam.json": {
			"mail: line=help@ngo.example.org; at=1793507581; kind=text; from=donor@example.org; subject=80G receipt for March; text=\"नमस्ते, please send my 80G receipt.\"; doubt=The receiving mail server takes it for spam.",
		},
		"ses.received.reply_with_references.json": {
			"mail: line=help@ngo.example.org; at=1793514841; kind=text; from=donor@example.org; subject=Re: 80G receipt for March; text=\"Thank you!\"; reply-to=[0109019synthetic-000000@ap-south-1.amazonses.com d1@example.org]; tokens=[01j9zc7r3t]; answerable=true; authentic=[example.org]",
		},
		"ses.received.s3_action_no_content.json": {
			"ses.Received: at=1793507521; errand=object; key=mail/synth0000000000000000000000000003",
		},
		"ses.received.sns_action_base64_content.json": {
			"mail: line=help@ngo.example.org; at=1793507461; kind=text; from=donor@example.org; subject=80G receipt for March; text=\"नमस्ते, please send my 80G receipt.\"; answerable=true; authentic=[example.org]",
		},
		"ses.received.sns_action_utf8_content.json": {
			"mail: line=help@ngo.example.org; at=1793507401; kind=text; from=donor@example.org; subject=80G receipt for March; text=\"नमस्ते, please send my 80G receipt.\"; answerable=true; authentic=[example.org]",
		},
		"ses.received.verdicts_gray_and_processing_failed.json": {
			"mail: line=help@ngo.example.org; at=1793507641; kind=text; from=donor@example.org; subject=80G receipt for March; text=\"नमस्ते, please send my 80G receipt.\"; answerable=true; doubt=It could not be proven that it comes from this address.",
		},
		"sns.notification.message_with_newlines_and_quotes.v2.json": {
			"ses: at=1793507700; unknown=a notification that is not one of SES",
		},
		"sns.notification.no_subject.v2.json": {
			"ses: at=1793507640; unknown=a notification that does not say of which mail",
		},
		"sns.notification.plain_text_test_message.v1.json": {
			"ses.test: at=1793507580; problem=Amazon SES has tried the topic: it works.",
		},
		"sns.notification.wrapping_ses_received.v2.json": {
			"mail: line=help@ngo.example.org; at=1793507401; kind=text; from=donor@example.org; subject=80G receipt for March; text=\"नमस्ते, please send my 80G receipt.\"; answerable=true; authentic=[example.org]",
		},
		"sns.subscription_confirmation.v1.json": {
			"sns.SubscriptionConfirmation: at=1793507400; errand=confirm",
		},
		"sns.subscription_confirmation.v2.json": {
			"sns.SubscriptionConfirmation: at=1793507460; errand=confirm",
		},
		"sns.unsubscribe_confirmation.v1.json": {
			"sns.UnsubscribeConfirmation: at=1793507520; problem=The subscription to the topic arn:aws:sns:ap-south-1:123456789012:ngo-inbound was ended at Amazon: nothing more will be heard of it.; grave=true",
		},
	}
}
