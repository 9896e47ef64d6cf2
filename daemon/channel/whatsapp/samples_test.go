package whatsapp_test

// samples says what each sample means: what the events are about, who is meant, and all that they carry. Ids are cut to their
// ends.
func samples() map[string][]string {
	return map[string][]string{
		"audio.voice_note.json": {
			"messages.audio: line=yes; at=1787000976; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; media=voice audio/ogg 700000000000004  url true sum 32 animated false",
		},
		"batch.same_message_delivered_twice_in_two_entries.json": {
			"messages.text: line=yes; at=1787002144; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=first",
			"messages.text: line=yes; at=1787002144; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=first",
		},
		"batch.two_entries_three_fields.json": {
			"messages.text: line=yes; at=1787002266; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=message next to a status",
			"messages.status.delivered: line=yes; at=1787002273; status=delivered; of=N0FFODQzAA==; to=915550020117 +915550020117 IN.40718253961427508831; price=true utility regular PMP",
			"message_template_status_update.APPROVED: at=1787002273; template=1600000000000002 receipt_ready en; state=approved; category=utility",
		},
		"batch.two_messages_one_change.json": {
			"messages.text: line=yes; at=1787002144; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=first",
			"messages.text: line=yes; at=1787002205; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=second",
		},
		"button.template_quick_reply_unsubscribe.json": {
			"messages.button: line=yes; at=1787001281; kind=choice; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Unsubscribe; reply-to=QzI5NkYyAA==; choice=Unsubscribe | Unsubscribe | ",
		},
		"contacts.two_cards.json": {
			"messages.contacts: line=yes; at=1787001220; kind=cards; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; card=Meena Sample [\"+91 55500 20199\"] [\"meena@example.org\"] Sample Trust [{\"whatsapp\" \"915550020199\"} {\"phone\" \"+915550020199\"}]; card=Clinic [\"080 5550 0100\"] []  []",
		},
		"document.pdf_devanagari_filename.json": {
			"messages.document: line=yes; at=1787000915; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Income certificate; media=file application/pdf 700000000000003 आय प्रमाण पत्र (2026).pdf url true sum 32 animated false",
		},
		"edit.user_edited_text.json": {
			"messages.edit: line=yes; at=1787002022; kind=edit; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=I gave 5000, not 500; about=Q0RFOTdBNDMA",
		},
		"errors.account_level_rate_limit.json": {
			"messages.error: line=yes; problem=Too many messages were sent from this number at once.; fault=130429 limit",
		},
		"image.with_url_and_caption.json": {
			"messages.image: line=yes; at=1787000793; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Bank slip; media=image image/jpeg 700000000000001  url true sum 32 animated false",
		},
		"image.without_url.json": {
			"messages.image: line=yes; at=1787000854; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; media=image image/jpeg 700000000000002  url false sum 32 animated false",
		},
		"interactive.button_reply.json": {
			"messages.interactive: line=yes; at=1787001342; kind=choice; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Confirm; reply-to=RTlBRkNBAA==; choice=confirm-visit:2026-12-01 | Confirm | ",
		},
		"interactive.list_reply.json": {
			"messages.interactive: line=yes; at=1787001403; kind=choice; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=मराठी; reply-to=NkNEMDFEAA==; choice=lang:mr | मराठी | Continue in Marathi",
		},
		"interactive.nfm_reply_flow.json": {
			"messages.interactive: line=yes; at=1787001464; kind=form; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; reply-to=RUI1M0U4AA==; choice=ngo-intake-7 |  | ; form=[{full_name Asha Test} {income 18000} {family_size 5}]",
		},
		"location.business_place.json": {
			"messages.location: line=yes; at=1787001159; kind=place; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; place=18.5204303,73.8567437 Test Health Post, 12 Example Road, Testpur 000001 https://healthpost.example.org/",
		},
		"order.two_items.json": {
			"messages.order: line=yes; at=1787001647; kind=order; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=For two children; order=190000000000001 [{school-kit-01 2 ₹450.50} {uniform-m 1 ₹600.00}]",
		},
		"reaction.added.json": {
			"messages.reaction: line=yes; at=1787001525; kind=reaction; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; emoji=❤️; about=N0JCQ0NEAA==",
		},
		"reaction.removed_emoji_absent.json": {
			"messages.reaction: line=yes; at=1787001586; kind=reaction; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; about=N0JCQ0NEAA==",
		},
		"revoke.user_deleted_message.json": {
			"messages.revoke: line=yes; at=1787002083; kind=revoke; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; about=Q0RFOTdBNDMA",
		},
		"smb_message_echoes.text_sent_from_phone_app.json": {
			"smb_message_echoes.text: line=yes; at=1787001961; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; echo=true; text=Sent by hand from the WhatsApp Business app",
		},
		"status.delivered_with_biz_opaque_callback_data.json": {
			"messages.status.delivered: line=yes; at=1787001954; status=delivered; of=RkRERDZGAA==; token=outbox:01J9ZC7R3T;attempt=1; to=915550020117 +915550020117 IN.40718253961427508831; price=true utility regular PMP",
		},
		"status.delivered_with_pricing.json": {
			"messages.status.delivered: line=yes; at=1787001905; status=delivered; of=MTkxNzk1AA==; to=915550020117 +915550020117 IN.40718253961427508831; price=true utility regular PMP",
		},
		"status.failed_131047_reengagement.json": {
			"messages.status.failed: line=yes; at=1787001933; status=failed; of=RTc3RjU3AA==; to=915550020117 +915550020117 IN.40718253961427508831; fault=131047 window",
		},
		"status.failed_131050_marketing_opt_out.json": {
			"messages.status.failed: line=yes; at=1787001940; status=failed; of=MERFRDkyAA==; to=915550020117 +915550020117 IN.40718253961427508831; fault=131050 person",
		},
		"status.read_group_participant.json": {
			"messages.status.read: line=yes; at=1787001961; status=read; of=MUQyNDUwAA==; to=915550020117 +915550020117 IN.40718253961427508831; group=Y2FwaV9ncm91cDpTWU5USEVUSUMwMQ==",
		},
		"status.read_no_pricing.json": {
			"messages.status.read: line=yes; at=1787001912; status=read; of=MTkxNzk1AA==; to=915550020117 +915550020117 IN.40718253961427508831",
		},
		"status.sent_free_customer_service.json": {
			"messages.status.sent: line=yes; at=1787001919; status=sent; of=MkVBQjI3AA==; to=915550020117 +915550020117 IN.40718253961427508831; price=false service free_customer_service PMP",
		},
		"status.sent_free_entry_point_with_conversation.json": {
			"messages.status.sent: line=yes; at=1787001926; status=sent; of=QzI2NEJDAA==; to=915550020117 +915550020117 IN.40718253961427508831; price=false referral_conversion free_entry_point PMP",
		},
		"status.sent_to_bsuid_without_recipient_id.json": {
			"messages.status.sent: line=yes; at=1787001947; status=sent; of=QkI4NDdCAA==; to=IN.40718253961427508831; price=true utility regular PMP",
		},
		"status.sent_v24_pricing_no_conversation.json": {
			"messages.status.sent: line=yes; at=1787001898; status=sent; of=MTkxNzk1AA==; to=915550020117 +915550020117 IN.40718253961427508831; price=true utility regular PMP",
		},
		"sticker.animated.json": {
			"messages.sticker: line=yes; at=1787001098; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; media=sticker image/webp 700000000000006  url true sum 32 animated true",
		},
		"system.user_changed_number_no_contacts_array.json": {
			"messages.system: line=yes; at=1787001708; change=number; was=915550020117 +915550020117 IN.40718253961427508831; now=915550020118 +915550020118",
		},
		"system.user_changed_user_id_bsuid.json": {
			"messages.system: line=yes; at=1787001769; change=id; was=IN.40718253961427508831; now=IN.55512345670987654321",
		},
		"template_status.rejected.json": {
			"message_template_status_update.REJECTED: at=1787002083; template=1600000000000001 diwali_appeal hi; state=rejected; category=marketing; reason=INVALID_FORMAT Two variables stand next to each other. Put words between the variables.",
		},
		"text.basic.json": {
			"messages.text: line=yes; at=1787000061; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Hello, I gave 500 rupees on 3 March. Where is my 80G receipt?",
		},
		"text.bsuid_only_username_user.json": {
			"messages.text: line=yes; at=1787000488; kind=text; from=IN.40718253961427508831; name=Ravi Test; user=ravi.test_01; text=Hi, I do not share my number",
		},
		"text.bsuid_with_phone_and_parent.json": {
			"messages.text: line=yes; at=1787000549; kind=text; from=915550020117 +915550020117 IN.40718253961427508831 IN.ENT.90817263544536271809; name=Asha Test; user=asha_test; text=Both identifiers are present here",
		},
		"text.click_to_whatsapp_ad_referral.json": {
			"messages.text: line=yes; at=1787000366; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=I want to volunteer; referral=ad 120200000000000001 Volunteer with us SYNTHETIC_CLICK_ID_01",
		},
		"text.forwarded.json": {
			"messages.text: line=yes; at=1787000244; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Free school kits tomorrow!!; forwarded=forwarded",
		},
		"text.forwarded_many_times.json": {
			"messages.text: line=yes; at=1787000305; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Share with 10 groups; forwarded=often",
		},
		"text.group_message.json": {
			"messages.text: line=yes; at=1787000732; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; group=Y2FwaV9ncm91cDpTWU5USEVUSUMwMQ==; text=Question from the volunteers group",
		},
		"text.hindi_emoji_multiline.json": {
			"messages.text: line=yes; at=1787000122; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=आशा परीक्षण; text=नमस्ते 🙏\nमुझे रसीद चाहिए।\n\nधन्यवाद 👩🏽\u200d🌾",
		},
		"text.identity_key_hash.json": {
			"messages.text: line=yes; at=1787000610; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; key=DF2lS5v2W6x=; text=My phone was reset",
		},
		"text.message_business_button_referred_product.json": {
			"messages.text: line=yes; at=1787000427; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Is this kit still needed?; reply-to=NzE4MThCAA==; referral=product school-kit-01  ",
		},
		"text.reply_with_context.json": {
			"messages.text: line=yes; at=1787000183; kind=text; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Yes, that one; reply-to=ODA0MTRFAA==",
		},
		"text.without_any_bsuid_pre_2026.json": {
			"messages.text: line=yes; at=1787000671; kind=text; from=915550020117 +915550020117; name=Asha Test; text=Old shape: no user_id fields at all",
		},
		"unknown_field.future.json": {
			"a_field_that_does_not_exist_yet: unknown=ngoctl does not know what this is",
		},
		"unsupported.poll.json": {
			"messages.unsupported: line=yes; at=1787001830; kind=other; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; problem=A message of a kind that WhatsApp does not pass on or ngoctl does not know: poll.",
		},
		"unsupported.without_unsupported_object.json": {
			"messages.unsupported: line=yes; at=1787001891; kind=other; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; problem=A message of a kind that WhatsApp does not pass on.",
		},
		"user_preferences.stop_marketing.json": {
			"user_preferences.stop: line=yes; at=1787001961; wish=marketing stop true; of=915550020117 +915550020117 IN.40718253961427508831",
		},
		"video.with_caption.json": {
			"messages.video: line=yes; at=1787001037; kind=media; from=915550020117 +915550020117 IN.40718253961427508831; name=Asha Test; text=Well water; media=video video/mp4 700000000000005  url true sum 32 animated false",
		},
		"pywa/account_update.account_restriction.json": {
			"account_update.ACCOUNT_RESTRICTION: at=1641330498; problem=WhatsApp has news about the account: ACCOUNT_RESTRICTION, RESTRICTED_BIZ_INITIATED_MESSAGING, RESTRICTED_ADD_PHONE_NUMBER_ACTION; grave=true; until=1641330498",
		},
		"pywa/account_update.account_violation.json": {
			"account_update.ACCOUNT_VIOLATION: at=1743451903; problem=WhatsApp has news about the account: ACCOUNT_VIOLATION, ADULT; grave=true",
		},
		"pywa/callback_button.button.json": {
			"messages.interactive: line=yes; at=1698266730; kind=choice; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=title; reply-to=wamid.xyzxyz; choice=callback_data | title | ",
		},
		"pywa/callback_button.quick_reply_without_context.json": {
			"messages.button: line=yes; at=1698269027; kind=choice; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=title; choice=callback_data | title | ",
		},
		"pywa/callback_selection.callback.json": {
			"messages.interactive: line=yes; at=1698266905; kind=choice; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=title; reply-to=wamid.xyzxyz; choice=callback_data | title | ",
		},
		"pywa/callback_selection.description.json": {
			"messages.interactive: line=yes; at=1698266905; kind=choice; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=title; reply-to=wamid.xyzxyz; choice=callback_data | title | description",
		},
		"pywa/deleted_message.revoke.json": {
			"messages.revoke: line=yes; at=1697043223; kind=revoke; from=900000000000001 +900000000000001; about=000000000001",
		},
		"pywa/edited_message.image.json": {
			"messages.edit: line=yes; at=1749854575; kind=edit; from=16505551234 +16505551234; text=Updated image caption; about=MUZEM0VBRAA=; media=image image/jpeg 1234567890  url true sum 0 animated false",
		},
		"pywa/flow_completion.completion.json": {
			"messages.interactive: line=yes; at=1702502473; kind=form; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; reply-to=vwegfretge==; choice=AQAAAAACS5FpgQ_cAAAAAD0QI3s. |  | ; form=[{comment_text Comment Text} {delivery_rating 4} {purchase_rating 2} {recommend_radio 0} {cs_rating 0}]",
		},
		"pywa/flow_completion.without_flow_token.json": {
			"messages.interactive: line=yes; at=1702502473; kind=form; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; reply-to=vwegfretge==; form=[{comment_text Comment Text} {delivery_rating 4} {purchase_rating 2} {recommend_radio 0} {cs_rating 0}]",
		},
		"pywa/message.chosen_location.json": {
			"messages.location: line=yes; at=1697044557; kind=place; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; forwarded=forwarded; place=37.4611978,-122.2164385 Facebook HQ, 1 Hacker Way, Menlo Park, CA 94025 https://maps.google.com/?cid=2000000000000000000",
		},
		"pywa/message.interactive_message_with_err.json": {
			"messages.interactive: line=yes; at=1700505494; kind=other; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; reply-to=vwegfretge==; problem=An answer to a button or a list, and WhatsApp did not pass on which.",
			"messages.error: line=yes; problem=WhatsApp has trouble of its own, and does not say which.; fault=131000 transient",
		},
		"pywa/message.media_with_url.json": {
			"messages.image: line=yes; at=1697043379; kind=media; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; media=image image/jpeg 65463453  url true sum 0 animated false",
		},
		"pywa/message.referral.json": {
			"messages.text: line=yes; at=1697045000; kind=text; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=BODY; referral=ad or post ADID AD_TITLE CTWA_CLID",
		},
		"pywa/message.reply.json": {
			"messages.text: line=yes; at=1697044746; kind=text; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=replied text; reply-to=mid.xyzxyz==",
		},
		"pywa/message.static_sticker.json": {
			"messages.sticker: line=yes; at=1697043760; kind=media; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; media=sticker image/webp 1234567890987654321  url false sum 32 animated false",
		},
		"pywa/message.text.json": {
			"messages.text: line=yes; at=1697043223; kind=text; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=Body Text",
		},
		"pywa/message.unreaction_empty.json": {
			"messages.reaction: line=yes; at=1697044456; kind=reaction; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; about=amid.yzxyzx=",
		},
		"pywa/message.unreaction_no_emoji.json": {
			"messages.reaction: line=yes; at=1697044456; kind=reaction; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; about=amid.yzxyzx=",
		},
		"pywa/message.video.json": {
			"messages.video: line=yes; at=1697044362; kind=media; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; text=caption; media=video video/mp4 765756756  url false sum 0 animated false; forwarded=forwarded",
		},
		"pywa/message_status.failed.json": {
			"messages.status.failed: line=yes; at=1689380458; status=failed; of=wamid.xyzxyz; to=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; fault=130472 person",
		},
		"pywa/message_status.group.json": {
			"messages.status.read: line=yes; at=1698266945; status=read; of=000000000001; to=900000000000001 +900000000000001 US.123456 900000000000001; group=fowefinoewcnw",
		},
		"pywa/message_status.played.json": {
			"messages.status.played: line=yes; at=1689380458; status=read; played=true; of=wamid.xyzxyz; to=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; price=true service  CBP",
		},
		"pywa/message_status.with_tracker.json": {
			"messages.status.sent: line=yes; at=1698266945; status=sent; of=wamid.xyzxyz; token=some data; to=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; price=true service  CBP",
		},
		"pywa/outgoing_message.edit.json": {
			"smb_message_echoes.edit: line=yes; at=1697044968; kind=edit; from=972987654321 +972987654321 US.13491208655302741918 US.ENT.11815799212886844830; name=Test Name; echo=true; text=Text was edited; about=wamid.zzzzzz",
		},
		"pywa/system.identity_change.json": {
			"messages.system: line=yes; at=1697044706; change=key; was=972987654321 +972987654321; now=972987654321 +972987654321; key=xyzxyz",
		},
		"pywa/template_quality_update.yellow.json": {
			"message_template_quality_update: at=1674864290; template=806312974732579 welcome_template en_US; quality=YELLOW",
		},
		"pywa/template_status_update.approved.json": {
			"message_template_status_update.APPROVED: at=1751247548; template=1689556908129832 order_confirmation en_US; state=approved; category=utility",
		},
		"pywa/user_marketing_preferences.resume.json": {
			"user_preferences.resume: line=yes; at=1731705721; wish=marketing stop false; of=16505551234 +16505551234",
		},
		"pywa/user_marketing_preferences.signup.json": {
			"user_preferences.signup: line=yes; at=1731705721; wish=marketing stop false; of=16505551234 +16505551234",
		},
	}
}
