"""The words that stand for codes on a pupil's page: plain, and to the pupil.

`ACTIONS` has every action that the access log can hold about one pupil; a test looks through the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.runtime.permissions import Role

ROLES: Final[Mapping[Role, str]] = {
    Role.CAREERS_LEADER: "your Careers Leader",
    Role.TEACHER: "a teacher",
    Role.SCHOOL_LEADER: "a school leader",
}
SOMEBODY: Final = "a member of staff"
WHOEVER_HAS_A_LINK: Final = "somebody with a link to this page, which may be you"
THE_HUB: Final = "the Careers Hub by itself"

ATTENDED: Final = {
    "attended": "You were there.",
    "absent": "You were not there.",
    "excused": "You were excused.",
}
COUNTS_FOR: Final = {
    "gb2": "learning about jobs and pay",
    "gb4": "careers in your subjects",
    "gb5": "meeting employers",
    "gb6": "experience of workplaces",
    "gb7": "meeting colleges, universities and training providers",
    "gb8": "personal guidance",
}
GROUPS: Final = {
    "sen_k": "You get SEN support.",
    "sen_e": "You have an education, health and care plan.",
    "fsm": "You get free school meals.",
    "fsm6": "You have had free school meals in the last six years.",
    "pupil_premium": "Your school gets pupil premium for you.",
    "eal": "English is an additional language for you.",
    "in_care": "You are, or were, in care.",
    "young_carer": "You are a young carer.",
    "service_child": "A parent is in the armed forces.",
    "disability": "You, or your family, told the school of a disability.",
    "neurodiversity": "You, or your family, told the school that you are neurodivergent.",
    "need_spld": "You get support with a specific learning difficulty, such as dyslexia.",
    "need_mld": "You get support with learning.",
    "need_sld": "You get a lot of support with learning.",
    "need_pmld": "You get support with learning and with your body or senses.",
    "need_semh": "You get support with feelings, friendships or mental health.",
    "need_slcn": "You get support with speech, language or communication.",
    "need_hi": "You get support with hearing.",
    "need_vi": "You get support with seeing.",
    "need_msi": "You get support with both hearing and seeing.",
    "need_pd": "You get support with a physical disability.",
    "need_asd": "You get support as an autistic person.",
    "need_ds": "You get support as a person with Down syndrome.",
    "need_oth": "You get support with something else.",
    "need_nsa": "You get support, and nobody has said yet what for exactly.",
}
INVITED: Final = {
    "accepted": "You said yes.",
    "declined": "You said no.",
    "waiting": "You asked to wait for a place.",
}
PLANNED: Final = {
    "planned": "",
    "recorded": "It has taken place.",
    "cancelled": "It was called off.",
}
KINDS: Final = {
    "aspiration": "What you would like to be or do",
    "interest": "Something that interests you",
    "hobby": "Something that you do in your free time",
    "skill": "Something that you are good at",
}
SOURCES: Final = {
    "pupil": "you",
    "family": "your family",
    "provider": "the place itself",
    "local_authority": "your council",
    "other": "somebody else",
}
SUSTAINED: Final = {
    "apprenticeship": "You stayed in an apprenticeship for at least six months.",
    "education": "You stayed in education from October to March.",
    "employment": "You stayed in work for most of the time from October to March.",
    "mixed": "You were in education or work for most of the time from October to March.",
    "not_sustained": "What is known covers less than six months so far.",
    "not_captured": "",
}
MOMENTS: Final = {"before": "at the beginning", "after": "at the end"}
ANSWERS: Final = {
    1: "Strongly disagree",
    2: "Disagree",
    3: "Neither agree nor disagree",
    4: "Agree",
    5: "Strongly agree",
}
ABOUT: Final = {
    "pupil": "your name, year or form",
    "activity": "something that you took part in",
    "conversation": "a conversation",
    "interest": "something that you said about yourself",
    "intention": "what you want to do next",
    "destination": "where you went after leaving",
    "self_assessment": "how you rated yourself",
    "other": "something else",
}
ACTIONS: Final = {
    "pupil.read": "looked at your details and activities",
    "pupil.exported": "opened your whole record",
    "access.read": "looked at who has opened or changed your record",
    "pupil.restricted": "stopped your record from being used",
    "pupil.restriction_lifted": "allowed your record to be used again",
    "pupil.pseudonymised": "took your name and your words out, because you had left",
    "plan.planned": "planned something that you are invited to",
    "plan.changed": "changed something that you are invited to",
    "plan.cancelled": "called something off that you were invited to",
    "plan.answered": "wrote down who is coming to something that you are invited to",
    "plan.recorded": "noted that something that you were invited to has taken place",
    "plan.read": "looked at something that you are invited to",
    "conversation.recorded": "wrote down a conversation",
    "conversation.corrected": "corrected a conversation",
    "conversation.read": "read a conversation",
    "conversation.action_done": "noted that something agreed was done",
    "conversations.listed": "read your conversations",
    "interest.recorded": "wrote down something that you said about yourself",
    "interest.retracted": "took back something that was written down about you by mistake",
    "interests.listed": "read what you said about yourself",
    "destination.intended": "wrote down what you want to do next",
    "destination.recorded": "wrote down where you went after leaving",
    "destination.seen": "noted whether you were still there",
    "destination.retracted": "took back a destination that was written down by mistake",
    "destinations.listed": "read where you want to go and went",
    "self_assessment.recorded": "wrote down how you rated yourself",
    "self_assessments.listed": "read how you rated yourself",
    "rectification.asked": "wrote down that something should be put right",
    "rectification.answered": "answered what you asked to be put right",
    "rectifications.listed": "read what you asked to be put right",
    "link.made": "made a link to this page",
    "link.opened": "opened this page",
    "link.revoked": "ended a link to this page",
    "links.listed": "looked at which links to this page there are",
}
OTHER_ACTION: Final = "used your record"
