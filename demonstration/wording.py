"""The invented sentences, in Dutch as municipalities write them. None is about a person of concern."""

from measures.models import Category, Theme
from municipalities.coverage import Coverage

QUOTATIONS = {
    Coverage.PRIORITY: (
        "Radicalisering en extremisme voorkomen is een van onze prioriteiten voor de komende vier jaar.",
        "Prioriteit 3: radicalisering, extremisme en polarisatie. We willen vroeg zien wat er speelt.",
        "We kiezen vier prioriteiten. De aanpak van radicalisering en maatschappelijke onrust is er een van.",
    ),
    Coverage.INCLUDED: (
        "Bij ‘Zorg en veiligheid’ hoort dat we radicalisering op tijd herkennen en met partners bespreken.",
        "Radicalisering is geen prioriteit. De basis is op orde: een aanspreekpunt en geschoolde collega’s.",
        "Onder ‘Maatschappelijke onrust’ werken we aan het voorkomen van polarisatie en radicalisering.",
    ),
    Coverage.SEPARATE_PLAN: (
        "Voor radicalisering en extremisme hebben we een eigen plan van aanpak, dat bij dit beleid hoort.",
        "De raad stelde naast het veiligheidsplan een aparte aanpak radicalisering en polarisatie vast.",
    ),
    Coverage.REGIONAL_PLAN: (
        "De gemeenten in de regio voeren de aanpak van radicalisering samen uit, met één werkwijze.",
        "De regionale aanpak van radicalisering en extremisme geldt voor alle deelnemende gemeenten.",
    ),
}

ANALYSES = (
    "We bespraken de situatie met politie, scholen en jongerenwerk. Er zijn weinig signalen van spanningen. "
    "Een eigen beleid voegt nu niets toe; we weten waar we terechtkunnen als dat verandert.",
    "De lokale analyse laat geen groei van extremistische uitingen zien. De regio weegt de signalen. "
    "De gemeenteraad vindt eigen beleid daarom niet nodig en bekijkt dit volgend jaar opnieuw.",
    "Uit het gesprek met onze partners blijkt dat het thema hier nauwelijks speelt. Onze inzet richt zich op "
    "ondermijning en jeugd. Het aanspreekpunt bij de gemeente blijft wel bestaan.",
)

QUESTIONS = (
    "Op de genoemde pagina vinden we het thema niet terug. Kunt u de goede pagina noemen?",
    "Het citaat gaat over polarisatie. Staat radicalisering zelf ook in het beleid?",
    "Is het plan al door de raad vastgesteld, of is dit nog een concept?",
)

PLAN_TITLES = (
    "Plan van aanpak radicalisering en polarisatie",
    "Actieplan extremisme en polarisatie",
    "Lokale aanpak radicalisering",
    "Uitvoeringsplan Samen weerbaar",
)

PLAN_PURPOSES = (
    "Wij willen spanningen vroeg zien en voorkomen dat inwoners radicaliseren. Scholen, jongerenwerk en "
    "politie weten elkaar te vinden. Wie zich zorgen maakt, weet waar dat besproken kan worden.",
    "Met dit plan voeren wij de prioriteit uit het veiligheidsplan uit. Wij zetten in op weerbare "
    "inwoners, geschoolde professionals en een stevig netwerk.",
    "Dit plan zegt wat wij doen tegen radicalisering, extremisme en polarisatie, met wie en wanneer. "
    "Elk jaar bespreken wij de voortgang met de raad.",
)
ADDED_PURPOSE = "Wat werkt, wordt gewoon werk: dat betalen wij voortaan uit de eigen begroting."

# The themes of a plan by the years in which it began: the oldest plans were about jihadism first.
THEMES = {
    "early": (
        [Theme.JIHADISM],
        [Theme.JIHADISM, Theme.POLARISATION],
    ),
    "middle": (
        [Theme.JIHADISM, Theme.POLARISATION],
        [Theme.JIHADISM, Theme.RIGHT_WING, Theme.POLARISATION],
    ),
    "late": (
        [Theme.POLARISATION, Theme.RIGHT_WING, Theme.ANTI_INSTITUTIONAL],
        [Theme.POLARISATION, Theme.JIHADISM, Theme.RIGHT_WING, Theme.ANTI_INSTITUTIONAL],
        [Theme.POLARISATION, Theme.ANTI_INSTITUTIONAL],
        [Theme.POLARISATION, Theme.JIHADISM, Theme.RIGHT_WING, Theme.LEFT_WING, Theme.ANTI_INSTITUTIONAL],
    ),
}

STOPPED_BECAUSE = (
    "De subsidie liep af en er was geen ruimte in de eigen begroting.",
    "De uitvoerder is gestopt; een andere partner neemt het niet over.",
    "Er meldden zich te weinig deelnemers.",
    "De regio doet dit nu voor alle gemeenten.",
)

FUNDING_SOURCES = {
    "project": ("Versterkingsgelden", "Regionale bijdrage", "Provinciale subsidie"),
    "structural": ("Eigen begroting", "Eigen begroting", "Regionale bijdrage"),
}

# What is counted, and how many of it are wanted, by category.
INDICATORS: dict[str, tuple[tuple[str, str], ...]] = {
    Category.LOCAL_ANALYSIS: (
        ("Analyse besproken met het college", "1 keer per jaar"),
        ("Partners die hebben bijgedragen", "8 partners"),
    ),
    Category.PERSON_SPECIFIC_APPROACH: (
        ("Werkafspraken vastgesteld met alle partners", "ja, en elk jaar bekeken"),
        ("Partners die het convenant hebben getekend", "alle partners"),
    ),
    Category.NETWORK: (
        ("Bijeenkomsten van het netwerk", "4 per jaar"),
        ("Organisaties met een vast aanspreekpunt", "15 organisaties"),
    ),
    Category.EXPERTISE: (
        ("Geschoolde medewerkers", "60 medewerkers"),
        ("Teams met ten minste één geschoolde collega", "alle wijkteams"),
    ),
    Category.PREVENTION: (
        ("Scholen die meedoen", "6 scholen"),
        ("Bijeenkomsten in de wijken", "10 per jaar"),
        ("Deelnemers aan de activiteiten", "150 deelnemers"),
    ),
    Category.EVALUATION: (
        ("Rapportage aan de raad", "1 keer per jaar"),
        ("Aanbevelingen opgevolgd", "80 procent"),
    ),
}

PROGRESS = {
    "begun": (
        "De voorbereiding is klaar; de afspraken met de partners staan op papier.",
        "De projectleider is begonnen en maakt een planning met de partners.",
        "De offerte is akkoord. We starten na de zomer.",
    ),
    "running": (
        "De eerste bijeenkomst trok meer deelnemers dan verwacht.",
        "Twee van de drie onderdelen lopen. Het laatste onderdeel volgt dit kwartaal.",
        "De samenwerking met de scholen loopt goed; het jongerenwerk sluit binnenkort aan.",
        "We liggen op schema. De partners vragen om een vervolg.",
    ),
    "late": (
        "De planning schuift op: de functie stond een half jaar open.",
        "De partner heeft meer tijd nodig. We spreken een nieuwe datum af.",
    ),
    "done": (
        "Afgerond. De deelnemers gaven een voldoende; we nemen het op in het gewone werk.",
        "Klaar. De uitkomst is besproken met het college en de raad.",
        "Afgerond zoals gepland.",
    ),
    "stopped": ("We stoppen hiermee. De partners zijn op de hoogte.",),
}

ACCEPTED = (
    "We nemen deze bevinding over en maken er een maatregel van in ons plan van aanpak.",
    "Wij herkennen dit. We spreken met de partners af wie wat doet en leggen dat vast.",
    "Dit pakken we in de regio samen op; wij leveren een deel van de uren.",
    "We nemen dit mee in het nieuwe veiligheidsplan.",
)
REJECTED = (
    "Dit speelt bij ons niet: het werk is verdeeld over vier collega’s die elkaar kunnen vervangen.",
    "Wij zijn hierbij al aangesloten via de regio en zien geen reden voor iets eigens.",
)
EVIDENCE = (
    "Verslag van de bijeenkomst met de partners en de vastgestelde werkafspraken.",
    "Collegebesluit en de brief aan de raad.",
    "Overzicht van gevolgde trainingen per team.",
    "Het getekende convenant en de nieuwe werkinstructie.",
)
