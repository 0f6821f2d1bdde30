"""The words by which exports tell a user's reaction: English, German, French, Spanish."""

REACTION_WORDS = tuple(
    (word, stored)
    for stored, words in {
        "accepted": (
            *("accepted", "accept", "thumbs up", "thumbs_up", "up", "👍", "positive"),
            *("übernommen", "uebernommen", "angenommen", "akzeptiert", "daumen hoch", "positiv"),
            *("accepté", "acceptée", "accepte", "acceptee", "approuvé", "approuvée", "positif"),
            *("aceptado", "aceptada", "aprobado", "aprobada", "positivo"),
        ),
        "edited": (
            *("edited", "edit", "modified", "changed"),
            *("bearbeitet", "geändert", "geaendert", "angepasst", "überarbeitet", "ueberarbeitet"),
            *("modifié", "modifiée", "modifie", "modifiee", "édité", "éditée", "corrigé", "corrigée"),
            *("editado", "editada", "modificado", "modificada", "corregido", "corregida"),
        ),
        "rejected": (
            *("rejected", "reject", "thumbs down", "thumbs_down", "down", "👎", "negative"),
            *("abgelehnt", "verworfen", "zurückgewiesen", "zurueckgewiesen", "daumen runter", "negativ"),
            *("rejeté", "rejetée", "rejete", "rejetee", "refusé", "refusée", "refuse", "refusee", "négatif"),
            *("rechazado", "rechazada", "descartado", "descartada", "negativo"),
        ),
    }.items()
    for word in words
)
"""(word in lower case, reaction that is stored); also without accents where people leave them out."""
