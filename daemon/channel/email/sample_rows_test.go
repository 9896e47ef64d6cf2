package email_test

// samples says what each sample means: who wrote it, what about, and what may be done with it; or what became of a mail of ours.
func samples() map[string][]string {
	return map[string][]string{
		"authored/attachment.calendar_invite.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Board meeting\"; media=file text/calendar part-1.ics 155; answerable=true; doubt=unchecked",
		},
		"authored/attachment.forwarded_message_rfc822.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Fwd: Inner\"; text=\"outer body\"; media=file message/rfc822 part-1.eml 290; answerable=true; doubt=unchecked",
		},
		"authored/attachment.inline_image_cid.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"logo:\"; media=image image/png logo.png 70; answerable=true; page=true; doubt=unchecked",
		},
		"authored/attachment.rfc2231_tamil_filename_continuation.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"see file\"; media=file application/pdf சான்றிதழ்.pdf 18; answerable=true; doubt=unchecked",
		},
		"authored/attachment.winmail_dat_tnef.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Outlook rich text\"; media=file application/ms-tnef winmail.dat 36; answerable=true; doubt=unchecked",
		},
		"authored/auto.auto_submitted_no_is_a_human.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"A person wrote this\"; text=\"I wrote this myself.\"; answerable=true; doubt=unchecked",
		},
		"authored/auto.auto_submitted_with_comment_and_parameter.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Ticket opened\"; text=\"I am away.\"; auto=reply; doubt=unchecked",
		},
		"authored/auto.dsn_permanent_failure.eml": {
			"mail.bounce: status=failed; of=out7@ngo.example.org; to=gone@example.org; fault=5.1.1 person",
		},
		"authored/auto.gmail_vacation.eml": {
			"mail: kind=text; from=ravi@example.org; name=Ravi Test; subject=\"Out of office Re: Your receipt\"; text=\"I am away.\"; reply-to=[out1@ngo.example.org]; auto=reply; doubt=unchecked",
		},
		"authored/auto.hindi_out_of_office_without_headers.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"स्वचालित उत्तर: रसीद\"; text=\"मैं कार्यालय से बाहर हूँ।\"; doubt=unchecked",
		},
		"authored/auto.mailing_list_post.eml": {
			"mail: kind=text; from=v@example.org; name=Volunteer; subject=\"[vols] Sunday\"; text=\"I am away.\"; auto=bulk; list=Volunteers <vols.lists.example.org>; doubt=unchecked",
		},
		"authored/auto.newsletter_one_click_unsubscribe.eml": {
			"mail: kind=text; from=news@vendor.example; name=News; subject=\"Big sale\"; text=\"I am away.\"; auto=bulk; doubt=unchecked",
		},
		"authored/auto.our_own_mail_came_back.eml": {
			"mail.own: refused=our own mail came back",
		},
		"authored/auto.outlook_out_of_office.eml": {
			"mail: kind=text; from=ravi@example.org; name=Ravi Test; subject=\"Automatic reply: Your receipt\"; text=\"I am away.\"; reply-to=[out1@ngo.example.org]; auto=reply; doubt=unchecked",
		},
		"authored/auto.read_receipt_mdn.eml": {
			"mail.read: status=read; of=out1@ngo.example.org; to=asha@example.org",
		},
		"authored/body.alternative_with_empty_text_part.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Only the HTML has words\"; answerable=true; page=true; doubt=unchecked",
		},
		"authored/body.format_flowed_delsp.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"This line is flowed.\\n\\n> quoted text\"; answerable=true; doubt=unchecked",
		},
		"authored/body.html_only_with_script_and_tracking_pixel.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Dear team,\\n\\nWe need 20 blankets.\\nThanks \"; answerable=true; page=true; doubt=unchecked",
		},
		"authored/charset.encoded_word_split_inside_a_character.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"दान\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"authored/charset.hindi_subject_base64_body_qp.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"रसीद चाहिए — मार्च\"; text=\"नमस्ते,\\nकृपया ८०जी रसीद भेजें।\"; answerable=true; doubt=unchecked",
		},
		"authored/charset.latin1_qp.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Café £ 5\"; answerable=true; doubt=unchecked",
		},
		"authored/charset.no_charset_devanagari_8bit.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"बिना charset के\"; answerable=true; doubt=unchecked",
		},
		"authored/charset.unknown_label_8bit.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"Plain ASCII survives\"; answerable=true; doubt=unchecked",
		},
		"authored/charset.windows_1252_label_but_utf8_bytes.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Café\"; text=\"₹500 भेजे\"; answerable=true; doubt=unchecked",
		},
		"authored/odd.bare_lf_only.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"line one\\nline two\"; answerable=true; doubt=unchecked",
		},
		"authored/odd.date_unparsable_and_no_message_id.eml": {
			"mail: kind=text; from=x@example.org; subject=\"no id\"; text=\"body\"; answerable=true; doubt=unchecked; broken=true",
		},
		"authored/odd.empty_message.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"authored/odd.group_address_undisclosed.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"authored/odd.nul_bytes_and_bare_cr.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello\"; text=\"beforeafter\\nmore\"; answerable=true; doubt=unchecked",
		},
		"authored/quote.bottom_posted.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"Twenty.\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.gmail_attribution_wrapped.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"Yes.\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.gmail_english.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"Yes, send 20.\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.gmail_hindi.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"हाँ, बीस।\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.interleaved.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"> How many blankets?\\n20\\n> Which village?\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.iphone_signature.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"20\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.no_quote_but_the_word_wrote.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"Grandmother once wrote:\\nkeep warm.\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/quote.outlook_header_block.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"Twenty please.\"; reply-to=[out2@ngo.example.org]; answerable=true; doubt=unchecked",
		},
		"authored/trust.ansi_escapes_and_bidi_in_names.eml": {
			"mail: kind=text; from=e@example.org; name=x txt.exe; subject=\"hi\"; text=\"red\"; answerable=true; doubt=unchecked",
		},
		"authored/trust.authentication_results_two_and_forged.eml": {
			"mail: at=1793593800; kind=text; from=alerts@bank.example; name=Bank; subject=\"Verify account\"; text=\"click\"; answerable=true; doubt=The sender's domain says that this mail does not come from it: the mail server has checked.",
		},
		"authored/trust.display_name_is_an_address.eml": {
			"mail: kind=text; from=attacker@evil.example; name=help@ngo.example.org; subject=\"Invoice\"; text=\"pay\"; answerable=true; doubt=The name before the address looks like another address.",
		},
		"authored/trust.encoded_crlf_in_subject.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Hello Bcc: victim@example.org\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"authored/trust.reply_to_differs_and_two_from.eml": {
			"mail: kind=text; from=a@example.org; name=A Test; subject=\"From two people\"; text=\"x\"; elsewhere=office@example.org; doubt=It names several senders.",
		},
		"enmime/attachment-only-text-attachment.eml": {
			"mail: kind=media; from=alice@test.com; subject=\"Test\"; text=\"\"; media=file text/plain test.csv 10; answerable=true; doubt=unchecked",
		},
		"enmime/attachment-only.eml": {
			"mail: kind=media; from=alice@test.com; subject=\"Test\"; text=\"\"; media=image image/jpeg favicon.jpg 687; answerable=true; doubt=unchecked",
		},
		"enmime/bad-final-boundary.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"A text section\"; media=file application/x-zip-compressed foo_9E5D72.zip 7; answerable=true; doubt=unchecked",
		},
		"enmime/bad-header-start.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"plain text\"; text=\"A text section\"; answerable=true; doubt=unchecked",
		},
		"enmime/bad-header-wrap.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"A text section\"; media=file application/x-zip-compressed 7DDA4_foo_9E5D72.zip 7; answerable=true; doubt=unchecked; broken=true",
		},
		"enmime/badboundary.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/delayed_dsn.eml": {
			"mail: at=773797011; kind=text; from=postmaster@relay.example.ac.uk; subject=\"WARNING: message delayed at \\\"relay.example.ac.uk\\\"\"; text=\"[human-readable explanation goes here]\"; auto=report; doubt=unchecked",
		},
		"enmime/dsn_with_multipart_alternative.eml": {
			"mail: kind=text; from=postmaster@example.com; subject=\"Undeliverable: Some subject\"; text=\"[human-readable explanation goes here]\"; auto=report; page=true; doubt=unchecked",
		},
		"enmime/empty-ctype-bad-content.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/empty-header.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"plain text\"; text=\"A text section\"; answerable=true; doubt=unchecked",
		},
		"enmime/epilogue-sample.eml": {
			"mail: kind=text; from=person@example.org; name=Test Person; subject=\"Epilogue\"; text=\"A text section\"; media=file text/html test.html 7; answerable=true; doubt=unchecked",
		},
		"enmime/erroneous.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/extra-base64-character.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/html-mime-bad-charset-inline.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"MIME test 1\"; text=\"Test of text section\"; media=image image/png favicon.png 687; answerable=true; page=true; doubt=unchecked",
		},
		"enmime/incorrect-charset.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"plain text\"; text=\"Using Unicode/UTF-8, you can write in em\"; answerable=true; doubt=unchecked",
		},
		"enmime/inlinemultipart.eml": {
			"mail: kind=text; from=bob@extern; subject=\"Test\"; text=\"Simple text.\"; media=file application/pdf test.pdf 524; media=file text/plain test.txt 18; answerable=true; doubt=unchecked; broken=true",
		},
		"enmime/malformed-base64-attach.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"A text section\"; media=file application/msword some.doc 7; answerable=true; doubt=unchecked",
		},
		"enmime/malformed-multiple-address-header-values.eml": {
			"mail: kind=text; from=bob@extern; name=Bob Dunite; subject=\"Test\"; text=\"Simple text.\"; media=file application/pdf test.pdf 524; media=file text/plain test.txt 18; answerable=true; doubt=It names several senders.; broken=true",
		},
		"enmime/mime-alternative.eml": {
			"mail: kind=text; from=sender@example.com; name=Test Sender; subject=\"Multipart Mixed\"; text=\"Section one\"; answerable=true; doubt=unchecked",
		},
		"enmime/mime-bad-8bit-filename.eml": {
			"mail: kind=text; from=person@example.org; name=Test Person; subject=\"Malformed test\"; text=\"Text part\"; media=file application/msword 管理.doc 7; answerable=true; doubt=unchecked",
		},
		"enmime/mime-bad-content-transfer-encoding.eml": {
			"mail: at=1548016423; kind=text; from=example@demo.com; name=example; subject=\"alert\"; text=\"ploozdect  nispplul swunkglap zarplontru\"; page=true; doubt=unchecked; broken=true",
		},
		"enmime/mime-mixed-related.eml": {
			"mail: kind=text; from=sender@example.com; name=Test Sender; subject=\"Multipart Mixed\"; text=\"html1\\n\\n----\\n\\nhtml2\"; answerable=true; page=true; doubt=unchecked",
		},
		"enmime/missing-closing-param-quote.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/missing-content-type.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"plain text\"; text=\"A plain text email\"; answerable=true; doubt=unchecked",
		},
		"enmime/missing-content-type2.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"plain text\"; text=\"A text section\"; answerable=true; doubt=unchecked",
		},
		"enmime/multi-malformed.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/multi_recipient_dsn.eml": {
			"mail: kind=text; from=mailer-daemon@cs.example.edu; name=Mail Delivery Subsystem; subject=\"Returned mail: User unknown\"; text=\"[human-readable explanation goes here]\"; auto=report; doubt=unchecked",
		},
		"enmime/multimixed-no-closing-boundary.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/multipart-wo-boundary.eml": {
			"mail: kind=text; from=mailer-daemon@example.com; subject=\"Delivery Status Notification (Failure)\"; text=\"I'm  multipart message without boundary\"; auto=report; doubt=unchecked; broken=true",
		},
		"enmime/nestedmulti.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/non-mime-html-charset-header-only.eml": {
			"mail: kind=text; from=alice@intern.com; subject=\"Test\"; text=\"Test Müller\"; answerable=true; page=true; doubt=unchecked; broken=true",
		},
		"enmime/non-mime-missing-charset.eml": {
			"mail: kind=text; from=sender@example.net; name=Test Sender; subject=\"test Sun, 14 Oct 2012 16:09:01 -0700\"; text=\"Unencoded Euro Sign: €\"; answerable=true; page=true; doubt=unchecked",
		},
		"enmime/qp-ascii-header.eml": {
			"mail: kind=text; from=sender@example.net; name=Test Sender; subject=\"Test QP Subject!\"; text=\"This is a test mailing\"; answerable=true; doubt=unchecked",
		},
		"enmime/qp-utf8-header-recursed.eml": {
			"mail: kind=text; from=sender@example.com; name=Test Sender; subject=\"MIME UTF8 Test ¢ More Text\"; text=\"Lorem ipsum dolor sit amet, consectetur \"; answerable=true; page=true; doubt=It names several senders.",
		},
		"enmime/quoted-printable-invalid.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/quoted-printable.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Quoted Printable\"; text=\"Lorem ipsum dolor sit amet, consectetur \"; answerable=true; doubt=unchecked",
		},
		"enmime/similar-boundary.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"enmime/simple_dsn.eml": {
			"mail: kind=text; from=mailer-daemon@cs.example.edu; name=Mail Delivery Subsystem; subject=\"Returned mail: Cannot send message for 5 days\"; text=\"[human-readable explanation goes here]\"; auto=report; doubt=unchecked",
		},
		"enmime/simple_dsn_with_html.eml": {
			"mail: kind=text; from=mailer-daemon@cs.example.edu; name=Mail Delivery Subsystem; subject=\"Returned mail: Cannot send message for 5 days\"; text=\"[human-readable explanation goes here]\"; auto=report; page=true; doubt=unchecked",
		},
		"enmime/unk-charset-html-only.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"Hello World!\"; answerable=true; page=true; doubt=unchecked",
		},
		"enmime/unk-charset-part.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"A text section\"; media=file application/x-zip-compressed foo_9E5D72.zip 7; answerable=true; doubt=unchecked",
		},
		"enmime/unk-encoding-part.eml": {
			"mail: kind=text; from=sender@example.org; name=Test Sender; subject=\"Attachment\"; text=\"A text section\"; media=file application/x-zip-compressed foo_9E5D72.zip 13; answerable=true; doubt=unchecked; broken=true",
		},
		"enmime/unknown-part-type.eml": {
			"mail: kind=text; from=person@example.org; name=Test Person; subject=\"Emoji from Gmail\"; text=\"A text section\"; media=image image/gif B05.gif 123; answerable=true; doubt=unchecked",
		},
		"mailparser/base64encodedroot.eml": {
			"mail: kind=media; from=test@example.com; subject=\"\"; text=\"\"; media=image image/png screenshot.png 425; answerable=true; doubt=unchecked; broken=true",
		},
		"mailparser/decoderended.eml": {
			"mail: kind=text; from=booewq@uuui.com; name=wwuaof; subject=\"Fwd: fotos\"; text=\"Note: forwarded message attached.\\n\\n-----\"; media=file message/rfc822 part-1.eml 0; answerable=true; page=true; doubt=unchecked",
		},
		"mailparser/delivery-status.eml": {
			"mail.bounce: status=failed; of=xxxxx@email.amazonses.com; to=xxxx@xxxx.com; fault=5.1.1 person",
		},
		"mailparser/mixed.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"mailparser/nested.eml": {
			"mail: kind=text; from=u@example.com; subject=\"\"; text=\"Dear Sir,\\n\\nGood evening.\\n\\nThe footer\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/attachment_content_location.eml": {
			"mail: kind=text; from=foo@example.com; subject=\"testing\"; text=\"This is the first part.\"; media=image image/jpeg Photo25.jpg 227; answerable=true; doubt=unchecked",
		},
		"mikel-mail/attachment_message_rfc822_inline_image.eml": {
			"mail: kind=media; from=test@example.com; subject=\"test\"; text=\"\"; media=image image/png img.png 370; media=file message/rfc822 Testmail.eml 1851; answerable=true; page=true; doubt=unchecked",
		},
		"mikel-mail/attachment_nonascii_filename.eml": {
			"mail: kind=text; from=foo@example.com; subject=\"testing\"; text=\"This is the first part.\"; media=file text/plain ciële.txt 11; answerable=true; doubt=unchecked",
		},
		"mikel-mail/bad_encoded_subject.eml": {
			"mail: unknown=a mail that does not say who it is from",
		},
		"mikel-mail/email_with_similar_boundaries.eml": {
			"mail: at=1333612861; kind=text; from=xxxxxx@xxxxxxxx.xxx; name=Xxxxx; subject=\"Xxxxxx\"; text=\"Test\"; media=file application/octetstream LOGO.png 3; answerable=true; page=true; doubt=unchecked",
		},
		"mikel-mail/example01.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example02.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example03.eml": {
			"mail: kind=text; from=john.q.public@example.com; name=Joe Q. Public; subject=\"\"; text=\"Hi everyone.\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example04.eml": {
			"mail: kind=text; from=pete@silly.example; name=Pete; subject=\"\"; text=\"Testing.\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example05.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example06.eml": {
			"mail: kind=text; from=mary@example.net; name=Mary Smith; subject=\"Re: Saying Hello\"; text=\"This is a reply to your hello.\"; reply-to=[1234@local.machine.example]; elsewhere=smith@home.example; doubt=unchecked",
		},
		"mikel-mail/example07.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Re: Saying Hello\"; text=\"This is a reply to your reply.\"; reply-to=[3456@example.net 1234@local.machine.example]; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example08.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example09.eml": {
			"mail: at=880128343; kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example10.eml": {
			"mail: kind=text; from=pete@silly.test; name=Pete; subject=\"\"; text=\"Testing.\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example11.eml": {
			"mail: kind=text; from=john.q.public@example.com; name=Joe Q. Public; subject=\"\"; text=\"Hi everyone.\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example12.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/example13.eml": {
			"mail: kind=text; from=jdoe@machine.example; name=John Doe; subject=\"Saying Hello\"; text=\"This is a message just to say hello.\\nSo,\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/japanese.eml": {
			"mail: kind=text; from=person@example.org; name=Test Person; subject=\"まみむめも\"; text=\"かきくえこ\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/japanese_attachment.eml": {
			"mail: at=1255696774; kind=text; from=person@example.org; name=Test Person; subject=\"testing\"; text=\"testing\"; media=file text/plain てすと.txt 33; answerable=true; doubt=unchecked",
		},
		"mikel-mail/japanese_attachment_long_name.eml": {
			"mail: at=1256890272; kind=media; from=person@example.org; name=Test Person; subject=\"まみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめもまみむめも\"; text=\"\"; media=file text/plain かきくけこかきくけこかきくけこかきくけこかきくけこ.txt 18; answerable=true; doubt=unchecked",
		},
		"mikel-mail/japanese_iso_2022.eml": {
			"mail: kind=text; from=person@example.org; name=Test Person; subject=\"まみむめも\"; text=\"すみません。\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/japanese_shift_jis.eml": {
			"mail: kind=text; from=xxxxxxx@example.jp; subject=\"test\"; text=\"あいうえお\\n\\nこのメールはテスト用のメールです。\\n\\n今後ともよろしくお願い申し上\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/ks_c_5601-1987.eml": {
			"mail: kind=text; from=from@example.com; subject=\"test\"; text=\"스티해\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/missing_body.eml": {
			"mail: kind=text; from=redacted@attglobal.net; name=SCS_2; subject=\"REDACTED\"; text=\"\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/multiple_content_types.eml": {
			"mail: kind=text; from=redacted@flashmail.net; subject=\"Redacted\"; text=\"foo\"; answerable=true; page=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/multiple_references_with_one_invalid.eml": {
			"mail: kind=text; from=redacted@flashmail.net; subject=\"Redacted\"; text=\"foo\"; reply-to=[invalid.something@bar.net baz@bar.net foo@bar.net]; answerable=true; page=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/new_line_in_to_header.eml": {
			"mail: at=1286981079; kind=text; from=l@gcn-example.com; subject=\"[Online Lead] Online Lead #1111111\"; text=\"<?xml version=\\\"1.0\\\" encoding=\\\"UTF-8\\\"?>\\n<\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/raw_email_quoted_with_0d0a.eml": {
			"mail: kind=text; from=foo@example.com; subject=\"testing\"; text=\"A fax has arrived from remote ID ''.\\n---\"; answerable=true; doubt=unchecked",
		},
		"mikel-mail/raw_email_reply.eml": {
			"mail: at=1195376193; kind=text; from=xxxxxxxx@xxx.org; name=Testing; subject=\"Re: Test reply email\"; text=\"Message body\"; reply-to=[348F04F142D69C21-291E56D292BC@xxxx.net 473FF3B8.9020707@xxx.org]; answerable=true; doubt=unchecked",
		},
		"mikel-mail/two_from_in_message.eml": {
			"mail: at=1259746797; kind=text; from=tester1@test.com; name=Tester 1; subject=\"Sending messages include last little bit\"; text=\"When sending email:\\n* From Hotmail you g\"; reply-to=[8fc5086d0912020131y377ba0ccpf8f14783cfc3014a@test.com]; page=true; doubt=unchecked",
		},
		"mikel-mail/utf8_headers.eml": {
			"mail: kind=text; from=jdöe@mächine.example; name=Jöhn Doe; subject=\"Säying Hello\"; text=\"body\"; answerable=true; doubt=unchecked; broken=true",
		},
		"mikel-mail/weird_to_header.eml": {
			"mail: at=1287113116; kind=text; from=anonymous@i.tp.host; subject=\"\"; text=\"CONTACT:\\n\\n\\nCOMMENT:\\n\\n\\nPAGE THEY WERE ON:\"; answerable=true; doubt=unchecked",
		},
		"sisimai/arf-01.eml": {
			"mail: at=1240963200; kind=text; from=kijitora@example.co.jp; subject=\"Email Feedback Report for IP 192.0.2.\"; text=\"This is an email abuse report for an ema\"; auto=report; doubt=unchecked",
		},
		"sisimai/arf-11.eml": {
			"mail: kind=text; from=neko@example.com; subject=\"FW: Nyaaan\"; text=\"This is an email abuse report for an ema\"; auto=report; doubt=unchecked",
		},
		"sisimai/lhost-amazonses-01.eml": {
			"mail.bounce: at=1314762248; status=failed; of=000001321defbd2a-788e31c8-2be1-422f-a8d4-cf7765cc9ed7-000000@email.amazonses.com; to=shironeko@example.co.jp; fault=5.1.0 person",
		},
		"sisimai/lhost-exchange2007-01.eml": {
			"mail: at=1298385285; kind=text; from=mailer-daemon@example.com; subject=\"Undeliverable: Nyaan\"; text=\"Delivery has failed to these recipients \"; auto=report; page=true; doubt=unchecked",
		},
		"sisimai/lhost-gmail-01.eml": {
			"mail.bounce: at=1405668664; status=failed; of=D992C2C3-F175-4C4D-97E2-53A90E4E5BF5@gmail.com; to=userunknown@example.jp; fault=5.1.1 person",
		},
		"sisimai/lhost-office365-01.eml": {
			"mail.bounce: at=1430318085; status=failed; of=FFFFFFFF.EEEEEEEE@example.ed.jp; to=kijitora@example.com; fault=5.1.10 person",
		},
		"sisimai/lhost-postfix-01.eml": {
			"mail: at=1367246732; kind=text; from=mailer-daemon@p351355.pool.example.ne.jp; name=Mail Delivery System; subject=\"Undelivered Mail Returned to Sender\"; text=\"This is the mail system at host p351355.\"; auto=report; doubt=unchecked",
		},
		"sisimai/rfc3464-01.eml": {
			"mail.bounce: at=1381900535; status=failed; of=E1C50F1B-1C83-4820-BC36-AC6FBFBE8568@example.org; to=userunknown@bouncehammer.jp; fault=5.1.1 person",
		},
		"sisimai/rfc3834-01.eml": {
			"mail: at=1114785285; kind=text; from=kijitora@example.net; subject=\"Away until May 5\"; text=\"I am currently away returning to the off\"; auto=reply; doubt=unchecked",
		},
		"sisimai/rfc3834-02.eml": {
			"mail: at=1374122085; kind=text; from=nekonyaan@example.org; name=Neko, Nyaan; subject=\"Automatic reply: Nyaan\"; text=\"I'm out of the office Friday. For pressi\"; auto=reply; doubt=unchecked",
		},
		"sisimai/rfc3834-03.eml": {
			"mail: at=1576551190; kind=text; from=kijitora@apple.example.com; subject=\"Auto reply: Nyaan\"; text=\"I'm only sleeping.\"; reply-to=[25203A4E-F90F-4A14-BF51-3E7B9D39BE8E@libsisimai.org]; auto=reply; doubt=unchecked",
		},
		"sisimai/rfc3834-04.eml": {
			"mail: at=1374122085; kind=text; from=kijitora@example.org; name=Kijitora; subject=\"Automatic reply: Nyaan\"; text=\"***Please stop and read this message.***\"; auto=reply; doubt=unchecked",
		},
		"threads/01_chain_of_four/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Blankets\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/01_chain_of_four/2.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Re: Blankets\"; text=\"x\"; reply-to=[a1@x]; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/01_chain_of_four/3.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"x\"; reply-to=[n1@ngo a1@x]; answerable=true; doubt=unchecked",
		},
		"threads/01_chain_of_four/4.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Re: Blankets\"; text=\"x\"; reply-to=[a2@x n1@ngo a1@x]; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/02_middle_message_missing/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Blankets\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/02_middle_message_missing/4.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Blankets\"; text=\"x\"; reply-to=[b3@x b2@x b1@x]; answerable=true; doubt=unchecked",
		},
		"threads/03_reply_arrives_first/1_reply.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: School\"; text=\"x\"; reply-to=[c1@x]; answerable=true; doubt=unchecked",
		},
		"threads/03_reply_arrives_first/2_original.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"School\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/04_in_reply_to_only/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Water\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/04_in_reply_to_only/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Water tank photo\"; text=\"x\"; reply-to=[d1@x]; answerable=true; doubt=unchecked",
		},
		"threads/05_in_reply_to_with_prose_and_commas/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Seeds\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/05_in_reply_to_with_prose_and_commas/2.eml": {
			"mail: kind=text; from=binod@example.org; name=Binod Test; subject=\"Re: Seeds\"; text=\"x\"; reply-to=[e1@x e0@x]; answerable=true; doubt=unchecked",
		},
		"threads/06_same_subject_different_people/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Donation\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/06_same_subject_different_people/2.eml": {
			"mail: kind=text; from=binod@example.org; name=Binod Test; subject=\"Donation\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/07_reply_without_any_thread_header/1.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Camp on Sunday\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/07_reply_without_any_thread_header/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Camp on Sunday\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/08_fallback_must_not_join_header_threads/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Receipt\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/08_fallback_must_not_join_header_threads/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Receipt\"; text=\"x\"; reply-to=[h1@x]; answerable=true; doubt=unchecked",
		},
		"threads/08_fallback_must_not_join_header_threads/3.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Receipt\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/08_fallback_must_not_join_header_threads/4.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Receipt\"; text=\"x\"; reply-to=[h3@x]; answerable=true; doubt=unchecked",
		},
		"threads/09_provider_rewrote_our_message_id/1.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Your receipt\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/09_provider_rewrote_our_message_id/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Your receipt\"; text=\"x\"; reply-to=[0109019synthetic-77-000000@ap-south-1.amazonses.com]; answerable=true; doubt=unchecked",
		},
		"threads/10_reference_cycle/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Loop\"; text=\"x\"; reply-to=[j2@x]; answerable=true; doubt=unchecked",
		},
		"threads/10_reference_cycle/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re: Loop\"; text=\"x\"; reply-to=[j1@x]; answerable=true; doubt=unchecked",
		},
		"threads/11_same_message_id_twice_same_bytes/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Twice\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/11_same_message_id_twice_same_bytes/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Twice\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/12_same_message_id_other_content/1.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Invoice 1\"; text=\"first\"; answerable=true; doubt=unchecked",
		},
		"threads/12_same_message_id_other_content/2.eml": {
			"mail: kind=text; from=binod@example.org; name=Binod Test; subject=\"Invoice 2\"; text=\"second\"; answerable=true; doubt=unchecked",
		},
		"threads/13_plus_address_token/1.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Case 42\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/13_plus_address_token/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"about my case\"; text=\"x\"; tokens=[01j9zc7r3t]; answerable=true; doubt=unchecked",
		},
		"threads/14_other_person_copies_our_token/1.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Case 43\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/14_other_person_copies_our_token/2.eml": {
			"mail: kind=text; from=mallory@evil.example; name=Mallory; subject=\"Re: Case 43\"; text=\"x\"; tokens=[01j9zc7r3u]; answerable=true; doubt=unchecked",
		},
		"threads/15_localised_prefixes/1.eml": {
			"mail: kind=text; from=help@ngo.example.org; name=Example NGO; subject=\"Spende\"; text=\"x\"; doubt=It says that it comes from our own address; anybody can write that.",
		},
		"threads/15_localised_prefixes/2.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"AW: Spende\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/15_localised_prefixes/3.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"Re[2]: AW: Spende\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
		"threads/15_localised_prefixes/4.eml": {
			"mail: kind=text; from=asha@example.org; name=Asha Test; subject=\"SV: Spende\"; text=\"x\"; answerable=true; doubt=unchecked",
		},
	}
}
