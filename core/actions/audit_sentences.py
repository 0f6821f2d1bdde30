"""What each action of the audit log is called, and how one entry of it is told."""

from core.actions.audit_details import (
    ANSWERS,
    VERDICTS,
    ActionWords,
    before_after,
    label_changed,
    lock_details,
    on_day,
    phase_words,
    read_so,
    reason_line,
    revealed,
    roles_details,
    rolled,
    saved,
    signed,
    tripped_did,
    waiver,
    week_counted,
)
from core.actions.audit_drills import DRILL_ACTIONS
from core.actions.audit_evals import EVAL_ACTIONS
from core.actions.audit_releases import RELEASE_ACTIONS
from core.actions.audit_upkeep import UPKEEP_ACTIONS
from core.actions.decision_sentences import DECISION_ACTIONS
from core.actions.failure_sentences import FAILURE_ACTIONS
from core.actions.webhook_sentences import WEBHOOK_ACTIONS

ACTIONS: dict[str, ActionWords] = {
    "feature created": ActionWords(
        "Created the feature",
        lambda said: f"created the feature “{said['name']}”",
        lambda said: [f"Owner: {said['owner']}. Stakes: {said['stakes']}."],
    ),
    "feature changed": ActionWords(
        "Changed the feature", lambda said: "changed the feature's name, owner or stakes", before_after
    ),
    "scope saved": saved("scope"),
    "checklist saved": saved("checklist"),
    "plan saved": saved("plan"),
    "checklist locked": ActionWords(
        "Locked the checklist",
        lambda said: f"locked version {said['checklist']:,} of the checklist",
        lock_details,
    ),
    "checklist amended": ActionWords(
        "Amended the locked checklist",
        lambda said: (
            f"amended the locked checklist: version {said['checklist']:,} is "
            f"amendment {said['commitment'] - 1:,}"
        ),
        lock_details,
    ),
    "commitment signed": signed("signed", "Signed a lock or an amendment"),
    "commitment refused": signed("refused", "Refused a lock or an amendment"),
    "step signed": signed("signed the step", "Signed a step of the rollout"),
    "step refused": signed("refused the step", "Refused a step of the rollout"),
    "signature withdrawn": ActionWords(
        "Withdrew a signature",
        lambda said: f"withdrew a signature on a {said['about']}",
        lambda said: [reason_line(said)],
    ),
    "waiver asked": waiver("asked for", "Asked for a waiver"),
    "waiver approved": waiver("approved", "Approved a waiver"),
    "waiver refused": waiver("refused", "Refused a waiver"),
    "waiver revoked": waiver("revoked", "Revoked a waiver"),
    "override given": ActionWords(
        "Overruled the gate",
        lambda said: f"overruled the gate: “{said['title']}” may be taken all the same",
        lambda said: [
            f"The verdict was {VERDICTS[said['verdict']]}. Overruled: {' '.join(said['overrules'])}",
            f"Until {said['until'][:16].replace('T', ' ')} UTC",
            reason_line(said),
        ],
    ),
    "override ended": ActionWords(
        "Ended an overruling",
        lambda said: f"ended the overruling of “{said['title']}”",
        lambda said: [reason_line(said)],
    ),
    "legal hold placed": ActionWords(
        "Placed a legal hold",
        lambda said: "placed a legal hold: nothing expires and nobody is erased",
        lambda said: [reason_line(said)],
    ),
    "legal hold lifted": ActionWords(
        "Lifted a legal hold", lambda said: "lifted a legal hold", lambda said: [reason_line(said)]
    ),
    "early warning tripped": ActionWords(
        "An early warning tripped",
        lambda said: f"noticed that an early warning tripped{tripped_did(said)}",
        lambda said: [said["sentence"]],
    ),
    "alarm acknowledged": ActionWords(
        "Acknowledged an alarm",
        lambda said: f"acknowledged the alarm “{said['warning']}”",
        lambda said: [reason_line(said)],
    ),
    "item answered": ActionWords(
        "Answered an item",
        lambda said: f"answered “{said.get('sentence') or said['item']}” with {ANSWERS[said['answer']]}",
        lambda said: [f"Why: {said['why']}", f"Link: {said['link']}" if said["link"] else ""],
    ),
    "import asked": ActionWords(
        "Handed in a file",
        lambda said: f"handed in “{said['file']}”",
        lambda said: [f"{said['bytes']:,} bytes, fingerprint {said['sha256'][:12]}"],
    ),
    "evidence imported": ActionWords(
        "Imported evidence", lambda said: f"imported {said['kind']} from “{said['file']}”", read_so
    ),
    "import failed": ActionWords(
        "An import failed",
        lambda said: f"handed in “{said['file']}”, which could not be imported",
        lambda said: [f"Fault: {said['code'].replace('_', ' ')}. Nothing was saved."],
    ),
    "import cancelled": ActionWords(
        "An import was stopped",
        lambda said: f"handed in “{said['file']}”, and its import was stopped",
        lambda said: ["Nothing was saved."],
    ),
    "import stop asked": ActionWords(
        "Asked to stop an import", lambda said: f"asked to stop the import of “{said['file']}”"
    ),
    "waiting file discarded": ActionWords(
        "Discarded a waiting file",
        lambda said: f"discarded “{said['file']}”, which waited for an answer",
        lambda said: ["Nothing of it had been saved."],
    ),
    "upload withdrawn": ActionWords(
        "Withdrew an upload",
        lambda said: f"withdrew “{said['file']}”: it stays listed and counts no more",
        lambda said: [reason_line(said)],
    ),
    "review opened": ActionWords(
        "Opened a review",
        lambda said: f"opened the review “{said['title']}”",
        lambda said: [f"{said['size']:,} of {said['population']:,} traces; sampling: {said['sampling']}."],
    ),
    "review begun": ActionWords(
        "Began a review", lambda said: f"saved the first label of the review “{said['title']}”"
    ),
    "trace labelled": ActionWords(
        "Labelled a trace",
        lambda said: f"labelled the trace “{said['run']}”" + (" again" if said["before"] else ""),
        label_changed,
    ),
    "label taken back": ActionWords(
        "Took a label back", lambda said: f"took their label of the trace “{said['run']}” back"
    ),
    "trace deferred": ActionWords(
        "Put a trace off", lambda said: f"put the trace “{said['run']}” off in a review"
    ),
    "review ended": ActionWords(
        "Ended a review",
        lambda said: f"ended the review “{said['title']}”",
        lambda said: [f"{said['reviewed']:,} of {said['size']:,} reviewed, {said['deferred']:,} deferred."],
    ),
    **DECISION_ACTIONS,
    **DRILL_ACTIONS,
    **RELEASE_ACTIONS,
    **EVAL_ACTIONS,
    **UPKEEP_ACTIONS,
    "weekly count recorded": ActionWords(
        "Recorded a weekly count",
        lambda said: f"recorded {week_counted(said)}",
        lambda said: ["It corrects an earlier count."] if said["became"] == "corrected" else (),
    ),
    "weekly count taken back": ActionWords(
        "Took a weekly count back", lambda said: f"took weekly count number {said['count']:,} back"
    ),
    "weekly counts uploaded": ActionWords(
        "Uploaded weekly counts",
        lambda said: f"uploaded weekly counts from “{said['file']}”",
        lambda said: [
            f"{said['read']:,} rows read: {said['new']:,} new, {said['corrected']:,} corrected, "
            f"{said['bad']:,} not usable"
        ],
    ),
    "rollout started": rolled("started the rollout with the phase {phase}", "Started the rollout"),
    "rollout advanced": rolled("took the rollout on to the phase {phase}", "Took the rollout on"),
    "rollout paused": rolled("paused the rollout in the phase {phase}", "Paused the rollout"),
    "rollout resumed": rolled("resumed the rollout in the phase {phase}", "Resumed the rollout"),
    "rollout rolled back": rolled("rolled the feature back from the phase {phase}", "Rolled back"),
    "rollout completed": rolled("completed the rollout with the phase {phase}", "Completed the rollout"),
    "rollout recorded afterwards": ActionWords(
        "Recorded phases afterwards",
        lambda said: "recorded when earlier phases had begun",
        lambda said: [
            *(f"{phase_words(one['phase'])}: {on_day(one['at'])}" for one in said["starts"]),
            reason_line(said),
        ],
    ),
    "signed in": ActionWords("Signed in", lambda said: "signed in"),
    "signed out": ActionWords("Signed out", lambda said: "signed out"),
    "sign-in refused": ActionWords(
        "A sign-in was refused",
        lambda said: "signed in and was not let in",
        lambda said: ["They were removed."],
    ),
    "invitation taken up": ActionWords(
        "Took an invitation up",
        lambda said: "came for the first time and took their invitation up",
        lambda said: [f"Sign-in service: {said['issuer']}"],
    ),
    "invitation not used": ActionWords(
        "An invitation was not used",
        lambda said: "came for the first time, without the roles of an invitation",
        lambda said: [f"Their sign-in service does not vouch for {said['email']}."],
    ),
    "address changed": ActionWords(
        "Has another address",
        lambda said: "has another e-mail address",
        lambda said: [f"{said['before'] or 'none'} → {said['after']}"],
    ),
    "person invited": ActionWords(
        "Invited a person",
        lambda said: f"invited {said['person']}",
        lambda said: [f"They sign in with {said['email']}."],
    ),
    "role given": ActionWords(
        "Gave a role",
        lambda said: f"gave {said['person']} the role {said['role']} for {said['place']}",
        roles_details,
    ),
    "role taken back": ActionWords(
        "Took a role back",
        lambda said: f"took the role {said['role']} for {said['place']} back from {said['person']}",
        roles_details,
    ),
    "person removed": ActionWords(
        "Removed a person", lambda said: f"removed {said['person']}", lambda said: [reason_line(said)]
    ),
    "token made": ActionWords(
        "Made a token",
        lambda said: f"made the token “{said['name']}” for {said['feature'] or 'all features'}",
        lambda said: [f"It may {', '.join(said['scopes'])}, for {said['days']:,} days."],
    ),
    "token revoked": ActionWords("Revoked a token", lambda said: f"revoked the token “{said['name']}”"),
    **WEBHOOK_ACTIONS,
    "person let in again": ActionWords(
        "Let a person in again",
        lambda said: f"let {said['person']} in again",
        lambda said: [reason_line(said)],
    ),
    "refused": ActionWords(
        "Was refused",
        lambda said: f"was not allowed to {said['act']}",
        lambda said: [f"Asked for: {said['asked_for']}"] if said.get("asked_for") else (),
    ),
    "report made": ActionWords(
        "Made a report",
        lambda said: f"made a report as {said['format'].upper()}",
        lambda said: [f"It says {VERDICTS[said['verdict']]}; fingerprint {said['sha256']}"],
    ),
    "texts revealed": ActionWords(
        "Saw personal data as it was",
        lambda said: f"saw personal data as it was: {revealed(said)}",
        lambda said: [reason_line(said)],
    ),
    "cases exported": ActionWords(
        "Took eval cases out as a file",
        lambda said: f"took {said['cases']:,} eval cases out as a file ({said['format']})",
        lambda said: [
            f"Locked set: {said['suite']}" if said["suite"] else "",
            f"{said['left_out']:,} left out: their texts are gone." if said.get("left_out") else "",
        ],
    ),
    "erasure asked": ActionWords(
        "Asked for the erasure of a person",
        lambda said: f"asked for the erasure of a person (request {said['erasure']:,})",
        lambda said: [reason_line(said)],
    ),
    "erasure cancelled": ActionWords(
        "Took a request for erasure back",
        lambda said: f"took the request {said['erasure']:,} for an erasure back",
    ),
    "person erased": ActionWords(
        "Erased a person",
        lambda said: f"erased the person of request {said['erasure']:,}",
        lambda said: [
            f"{said['counts'].get('traces', 0):,} traces, {said['counts'].get('mentions', 0):,} mentions "
            "elsewhere. What is counted stayed.",
            f"Asked for by {said['asked_by']}."
            + ("" if said["two_people"] else " That it took two people is not shown: nobody had signed in."),
            "A restored backup had brought them back." if "again" in said else "",
        ],
    ),
    "file attached": ActionWords(
        "Attached a file to an answer",
        lambda said: f"attached “{said['file']}” to the answer to “{said['item']}”",
        lambda said: [f"{said['bytes']:,} bytes, fingerprint {said['sha256']}"],
    ),
    **FAILURE_ACTIONS,
    "audit log exported": ActionWords(
        "Exported the audit log",
        lambda said: f"exported {said['entries']:,} entries of the audit log as {said['format']}",
    ),
}
"""Every action that the program writes into the log, in words."""
