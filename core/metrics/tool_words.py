"""The words that names and descriptions of tools are made of: what does something, and what says nothing."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


VAGUE = _listed("""
    action actions any anything api app call custom data database do entity entry execute function general
    generic handle handler helper info information input item items job main manage manager misc my new
    object objects operate operation operations other output perform process processing processor record
    records request requests resource run service something stuff system task tasks thing things tool tools
    util utility utils value values various work wrapper
""")
"""Words that fit every tool."""

FILLER = _listed("""
    a about all also an and any are as at be by can etc for from given has have if in into is it its of on
    or some such that the them these this to use used using via when which will with you your
""")
"""Words that say nothing by themselves."""

VERBS = _listed("""
    accept activate add adjust allocate analyse analyze append apply approve archive ask assign attach audit
    authorize block book browse build buy calculate cancel capture change charge check classify clear close
    collect combine compare complete compose compute confirm connect convert copy count create credit crop
    cut deactivate debit decline decrypt delete deliver deny deploy describe detect disable dispatch
    download draft draw duplicate edit email enable encrypt end escalate estimate evaluate exchange execute
    expire export extend extract fetch file fill filter find finish fix flag forecast format forward freeze
    generate get give grade grant group guess handle hold identify import inform insert inspect install
    invite issue join label launch link list load locate lock log look lookup mail make manage map
    mark match measure merge message migrate monitor move name notify offer open pack parse pause pay
    perform pick place plan poll post predict prepare print process propose publish pull push put query
    quote raise rank rate read rebook receive recommend reconcile record refresh refund register reject
    release reload remind remove rename renew rent reopen reorder repair repeat replace reply report request
    reschedule reserve reset resize resolve respond restart restore resume retrieve retry return reverse
    revert review revoke route run save scan schedule score search see select sell send set share ship show
    sign simulate skip sort split start stop store submit subscribe suggest suspend swap switch sync tag
    take tell test track transcribe transfer transform translate trigger turn undo unlink unlock unsubscribe
    update upgrade upload validate verify view void wait watch withdraw write
""")
"""What tools do; of others the ending tells."""
