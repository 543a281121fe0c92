"""The words of the report as PDF, in each of its languages; a value that has no word there is a name of ours and stays as it is."""

from collections.abc import Mapping

LANGUAGES = ("en", "ar")
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Record for the supervisory authority", "سجل للسلطة الرقابية"),
    "lead": (
        (
            "How %(controller)s keeps and uses personal data in the region %(region)s. Everything here is made of the records "
            "themselves on %(made)s. People appear as references only."
        ),
        (
            "كيف تحفظ %(controller)s البيانات الشخصية وتستخدمها في المنطقة %(region)s. كل ما هنا مستخرج من السجلات نفسها في "
            "%(made)s. ولا يظهر الأشخاص إلا برموز مرجعية."
        ),
    ),
    "controller": ("Controller", "جهة التحكم"),
    "contact": ("Contact", "جهة الاتصال"),
    "region": ("Region", "المنطقة"),
    "law": ("Law", "القانون"),
    "made": ("Made on", "تاريخ الإصدار"),
    "signer": ("Signed with", "المفتاح الموقّع"),
    "subjects": ("People", "الأشخاص"),
    "erased": ("Erased", "تم محوهم"),
    "restricted": ("Restricted", "مقيّدون"),
    "open": ("Open requests", "طلبات مفتوحة"),
    "late": ("Late", "متأخرة"),
    "holds_now": ("Holds", "أوامر حفظ"),
    "requests": ("Requests of people", "طلبات الأشخاص"),
    "requests_about": (
        "What people asked about their own data, and whether they were answered within the period of their law.",
        "ما طلبه الأشخاص بشأن بياناتهم، وهل أُجيبوا ضمن المهلة التي يحددها قانونهم.",
    ),
    "kind": ("Request", "الطلب"),
    "in_time_yes": ("In time", "في المهلة"),
    "in_time_no": ("Too late", "بعد المهلة"),
    "in_time_open": ("Open", "مفتوح"),
    "in_time_late": ("Open and late", "مفتوح ومتأخر"),
    "deadlines": ("Periods of the law", "المهل القانونية"),
    "deadlines_about": (
        "By when each law wants an answer, where that was read and when, and what of it could not be verified there.",
        "المهلة التي يحددها كل قانون للرد، وأين قُرئت ومتى، وما تعذّر التحقق منه.",
    ),
    "days": ("Days", "أيام"),
    "months": ("Months", "أشهر"),
    "longer_days": ("Days more", "أيام إضافية"),
    "longer_months": ("Months more", "أشهر إضافية"),
    "source": ("Where it stands", "المصدر"),
    "read_on": ("Read on", "تاريخ القراءة"),
    "unverified": ("Not verified", "لم يُتحقق منه"),
    "certificates": ("Certificates of erasure", "شهادات المحو"),
    "certificates_about": (
        "Each erasure ends with a signed certificate: what became of each record, who was told, and when backups forget.",
        "ينتهي كل محو بشهادة موقّعة: ما صار إليه كل سجل، ومن أُبلغ، ومتى تنسى النسخ الاحتياطية.",
    ),
    "request": ("Request", "الطلب"),
    "cause": ("Why", "السبب"),
    "erased_at": ("Erased on", "تاريخ المحو"),
    "backups_forget_by": ("Backups forget by", "النسخ الاحتياطية تنسى بحلول"),
    "consents": ("Consent", "الموافقة"),
    "consents_about": (
        "The last word of each person on each purpose and channel.",
        "الكلمة الأخيرة لكل شخص بشأن كل غرض وكل قناة.",
    ),
    "purpose": ("Purpose", "الغرض"),
    "channel": ("Channel", "القناة"),
    "granted": ("Agree", "موافقون"),
    "withdrawn": ("Withdrew", "سحبوا الموافقة"),
    "events": ("Words in all", "مجموع الأحداث"),
    "processing": ("Record of processing", "سجل أنشطة المعالجة"),
    "processing_about": (
        "Under GDPR Art. 30 and KSA PDPL Art. 31, made of the tables, purposes, periods and partners themselves.",
        "وفق المادة 30 من GDPR والمادة 31 من نظام حماية البيانات الشخصية السعودي، مستخرج من الجداول والأغراض والمدد والشركاء.",
    ),
    "basis": ("Basis", "الأساس القانوني"),
    "categories": ("Kinds of data", "فئات البيانات"),
    "kept": ("Kept for", "مدة الحفظ"),
    "recipients": ("Recipients", "المتلقون"),
    "transfers": ("Under another law", "الخاضعون لقانون آخر"),
    "crossings": ("What went to partners under another law", "ما أُرسل إلى شركاء يخضعون لقانون آخر"),
    "partner": ("Partner", "الشريك"),
    "from": ("From", "من"),
    "to": ("To", "إلى"),
    "topic": ("What", "الموضوع"),
    "sent": ("Sent", "أُرسل"),
    "held_back": ("Held back", "حُجب"),
    "last_at": ("Last", "آخر مرة"),
    "holds": ("Legal holds", "أوامر الحفظ القانونية"),
    "holds_about": (
        "Records that may not be deleted yet, and who answers for it.",
        "سجلات لا يجوز حذفها بعد، ومن المسؤول عن ذلك.",
    ),
    "customer": ("Customer", "العميل"),
    "record_set": ("Records", "السجلات"),
    "owner": ("Owner", "المسؤول"),
    "placed_at": ("Since", "منذ"),
    "ends_at": ("Until", "حتى"),
    "released_at": ("Released", "رُفع في"),
    "breaches": ("Breaches", "الانتهاكات"),
    "breaches_about": (
        "Personal data that were lost, altered or seen by others, and by when each authority was told.",
        "بيانات شخصية فُقدت أو غُيّرت أو اطّلع عليها غير المخوّلين، ومتى أُبلغت كل سلطة.",
    ),
    "noticed_at": ("Noticed", "اكتُشف في"),
    "summary": ("What happened", "ما حدث"),
    "risk": ("Risk", "الخطر"),
    "people": ("People", "الأشخاص"),
    "due_at": ("Due", "الموعد"),
    "authority_told_at": ("Authority told", "إبلاغ السلطة"),
    "people_told_at": ("People told", "إبلاغ الأشخاص"),
    "deeds": ("What was done", "ما جرى"),
    "deeds_about": (
        "Every act is an entry of the sealed chain; here is how often each was done.",
        "كل فعل هو قيد في السلسلة المختومة؛ وهنا عدد مرات كل فعل.",
    ),
    "action": ("Act", "الفعل"),
    "times": ("Times", "المرات"),
    "chain": ("The sealed chain", "السلسلة المختومة"),
    "chain_about": (
        "Each entry carries the hash of the one before; the head is signed and kept outside the database.",
        "يحمل كل قيد بصمة القيد الذي قبله؛ ورأس السلسلة موقّع ومحفوظ خارج قاعدة البيانات.",
    ),
    "entries": ("Sealed entries", "القيود المختومة"),
    "unsealed": ("Not sealed yet", "لم تُختم بعد"),
    "head": ("Head", "رأس السلسلة"),
    "files": ("Files", "الملفات"),
    "files_about": (
        (
            "The list of all files, this report too, is signed in manifest.json. Check it without us: "
            "python verify_bundle.py FOLDER PUBLIC_KEY. Ask the controller for the public key by another way."
        ),
        (
            "قائمة كل الملفات، ومنها هذا التقرير، موقّعة في manifest.json. ويمكن التحقق منها من دوننا: "
            "\u2066python verify_bundle.py FOLDER PUBLIC_KEY\u2069. اطلب المفتاح العام من جهة التحكم بطريق آخر."
        ),
    ),
    "file": ("File", "الملف"),
    "rows": ("Rows", "الصفوف"),
    "none": ("None.", "لا يوجد."),
    "more": ("%(number)s more stand in %(file)s.", "هناك %(number)s أخرى في %(file)s."),
    "page": ("Page %(number)s", "صفحة %(number)s"),
}
VALUES: Mapping[str, tuple[str, str]] = {
    "erasure": ("Erasure", "المحو"),
    "access": ("Access", "الاطلاع"),
    "portability": ("Portability", "نقل البيانات"),
    "rectification": ("Rectification", "التصحيح"),
    "restriction": ("Restriction", "التقييد"),
    "objection": ("Objection", "الاعتراض"),
    "review": ("Human review", "المراجعة البشرية"),
    "wish": ("their wish", "طلب الشخص"),
    "move": ("moved home", "انتقال المنطقة"),
    "retention": ("term over", "انتهاء المدة"),
    "consent": ("consent", "الموافقة"),
    "contract": ("contract", "العقد"),
    "legal_obligation": ("legal obligation", "التزام قانوني"),
    "legitimate_interest": ("legitimate interest", "مصلحة مشروعة"),
    "serves the purposes above": ("serves the purposes above", "يخدم الأغراض المذكورة أعلاه"),
    "none": ("none", "لا خطر"),
    "*": ("everything", "كل السجلات"),
    "unknown": ("unknown", "غير معروف"),
    "risk": ("risk", "خطر"),
    "high": ("high", "مرتفع"),
    "api": ("API", "واجهة برمجية"),
    "mail": ("e-mail", "البريد الإلكتروني"),
    "sms": ("SMS", "الرسائل القصيرة"),
    "phone": ("phone", "الهاتف"),
}


def say(language: str, word: str, **values: str) -> str:
    return WORDS[word][LANGUAGES.index(language)] % values if values else WORDS[word][LANGUAGES.index(language)]


def value(language: str, name: str) -> str:
    """The word for a code, or the code with blanks, set off from the other way of writing."""
    found = VALUES.get(name)
    return found[LANGUAGES.index(language)] if found else ltr(language, name.replace("_", " "))


def ltr(language: str, text: str) -> str:
    """Names, days and paragraphs run from left to right in Arabic, too (Unicode isolates)."""
    return f"\u2066{text}\u2069" if language == "ar" and text else text
