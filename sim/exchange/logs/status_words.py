"""Phrases that people write into a status column, by their meaning; data, without logic.

The phrases are whole: `sim.exchange.logs.statuses` looks them up after bringing case, accents and spelling into one
form, and never by parts of words. A phrase that can mean two things, such as "off treatment", does not belong here,
because a user is asked about what is missing and not about what is wrong.

Attributes:
    PHRASES: phrases by meaning, one of `sim.exchange.said.STATUSES`; separated by semicolons, over several lines.
"""

from __future__ import annotations

from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import IGNORED, ON_STUDY

PHRASES: dict[str, str] = {
    IN_SCREENING: """
        screening; in screening; screened; screen; in screen; scr; scrn; screening ongoing; ongoing screening;
        under screening; screening in progress; screening period; screening phase; screening visit; active
        screening; pre screening; prescreening; in pre screening; in prescreening; pre screened; prescreened;
        consented; consent signed; informed consent; informed consent signed; informed consent obtained; icf
        signed; signed icf; signed consent; consent obtained; run in; in run in; run in phase; run in period;
        awaiting randomisation; waiting for randomisation; awaiting eligibility; pending eligibility; pending;
        pending randomisation; randomisation pending; to be randomised; not yet randomised; not randomised yet;
        not yet enrolled; not enrolled yet; ready to randomise; ready for randomisation; ready to be randomised;
        eligible not yet randomised; eligible pending randomisation; eligible awaiting randomisation; screening
        complete; screening completed; completed screening; screen passed; screening passed; passed screening;
        re screening; rescreening; rescreened; in rescreening; screening extended; im screening; en cribado; en
        screening""",
    FAILED: """
        sf; scrnfail; scrn fail; scrnf; scrfail; scr fail; scr failure; scrn failure; screen fail; screen fails;
        screen failed; screen failure; screenfail; screenfailed; screenfailure; screening fail; screening
        failed; screening failure; screen failures; failed screening; failed screen; failed at screening; failed
        in screening; failure; failed; screened failed; screened and failed; screened out; screen out; screened
        not randomised; screened not enrolled; screened not eligible; declined; declined consent; declined to
        participate; declined participation; consent declined; refused; refused consent; consent refused;
        refused to participate; no consent; consent not given; did not consent; not consented; not enrolled; not
        randomised; never randomised; never enrolled; not eligible; ineligible; non eligible; noneligible; not
        eligible for study; excluded; rejected; not included; not entered; not recruited; not registered; run in
        failure; run in fail; run in failed; failed run in; baseline failure; baseline fail; pre screen failure;
        prescreen failure; prescreen fail; prescreen failed; pre screen fail; pre screen failed; pre screening
        failure; prescreening failure; pre screening failed; enrolment failure; enrolment failed; randomisation
        failure; pre randomisation failure; withdrawn before randomisation; withdrew before randomisation;
        withdrawn prior to randomisation; withdrew prior to randomisation; discontinued before randomisation;
        discontinued prior to randomisation; withdrawn during screening; withdrew during screening; withdrawn in
        screening; discontinued during screening; died before randomisation; died during screening; consent
        withdrawn before randomisation; did not meet criteria; did not meet eligibility criteria; criteria not
        met; eligibility criteria not met; inclusion criteria not met; eligibility not met; failed eligibility;
        does not qualify; not qualified; unqualified; did not qualify; screen failure not treated; notassgn; not
        assigned; fallo de cribado; falha de triagem; fallo de screening; echec de screening; echec selection;
        screeningversager; screen versager; screening versager; fallimento screening; fallimento dello screening;
        nicht randomisiert; non inclus; no incluido; non randomised; non enrolled; ineligible
        not randomised""",
    RANDOMISED: """
        randomised; rand; rnd; randomisation; has been randomised; randomised active; randomised ongoing; active
        randomised; randomised on study; randomised on treatment; randomised in follow up; randomised not
        treated; randomised not dosed; randomised not yet treated; randomised not yet dosed; randomised awaiting
        treatment; randomised and treated; allocated; on treatment; on tx; on rx; on drug; on study drug; on
        study treatment; on study medication; on medication; on active treatment; on therapy; on intervention;
        in treatment; in treatment phase; under treatment; receiving treatment; receiving study treatment;
        treatment; treatment ongoing; ongoing treatment; ongoing on treatment; treatment phase; treatment
        period; dosed; dosing; active treatment; active on treatment; treated; in follow up; follow up;
        followup; in followup; fu; in fu; on follow up; active follow up; active in follow up; under follow up;
        follow up ongoing; follow up phase; follow up period; ongoing follow up; being followed; being followed
        up; followed; in long term follow up; long term follow up; on long term follow up; in survival follow
        up; survival follow up; on survival follow up; in safety follow up; safety follow up; post treatment
        follow up; in post treatment follow up; off treatment in follow up; off treatment but in follow up; off
        treatment follow up; off treatment on study; off treatment still on study; off treatment still in follow
        up; off treatment ongoing; off treatment being followed; off treatment and in follow up; off drug in
        follow up; off drug on study; off study drug in follow up; off study drug on study; off study treatment
        in follow up; off therapy in follow up; completed treatment in follow up; treatment completed in follow
        up; completed treatment still in follow up; completed treatment follow up; completed treatment ongoing;
        completed treatment on study; discontinued treatment in follow up; treatment discontinued in follow up;
        discontinued treatment follow up; discontinued treatment on study; treatment discontinued on study;
        discontinued treatment still on study; discontinued treatment still in follow up; discontinued treatment
        still in study; discontinued treatment ongoing; discontinued study treatment in follow up; discontinued
        study drug in follow up; discontinued study drug on study; stopped treatment in follow up; stopped
        treatment on study; withdrawn from treatment in follow up; withdrawn from treatment still in follow up;
        randomisiert; randomise; randomizzato;
        randomizado; gerandomiseerd; in behandlung; in nachbeobachtung; aleatorizado; en seguimiento; en
        tratamiento; en suivi; en traitement; inclus et randomise; on tx ongoing""",
    ON_STUDY: """
        on study; on trial; on protocol; in study; in trial; in the study; in the trial; active; active on
        study; active in study; active participant; currently active; still active; ongoing; on going; study
        ongoing; ongoing in study; current; currently on study; currently enrolled; enrol; enrolled; enroled;
        actively enrolled; enrolled active; enrolled ongoing; enrolled on study; enrolment; included; entered;
        registered; recruited; participating; participation ongoing; in progress; started; continuing;
        continues; still on study; still in study; remains on study; still participating; alive; alive on study;
        available; not withdrawn; not discontinued; not completed yet; not yet completed; not terminated;
        laufend; aktiv; eingeschlossen; en cours; inclus; activo; incluido; en curso; en estudio""",
    LEFT: """
        withdrawn; withdrew; withdraw; withdrawal; withdrawed; wd; wdrn; withdrawn consent; withdrew consent;
        consent withdrawn; consent withdrawal; withdrawal of consent; withdraw consent; withdrew their consent;
        withdrawal by subject; withdrawal by participant; withdrawal by patient; withdrawal by parent guardian;
        withdrawn by subject; withdrawn by participant; withdrawn by patient; withdrawn by investigator;
        withdrawn by physician; withdrawn by sponsor; withdrawn from study; withdrawn from trial; withdrawn from
        the study; withdrew from study; withdrew from the study; withdrew from trial; early withdrawal; early
        withdrawn; withdrawn early; voluntary withdrawal; discontinued; discontinuation; discontinue; disc;
        discont; discontinued study; discontinued from study; discontinued from the study; discontinued trial;
        discontinued early; study discontinued; study discontinuation; early discontinuation; early
        discontinued; premature discontinuation; prematurely discontinued; permanently discontinued; permanently
        discontinued from study; dropped; dropped out; drop out; dropout; dropouts; et; early terminated; early
        termination; early term; early terminator; terminated; terminated early; termination; prematurely
        terminated; premature termination; premature withdrawal; prematurely withdrawn; premature end of study;
        early end of study; ltfu; ltf; lfu; lost; lost to follow up; lost to followup; lost to fu; lost to f u;
        lost to f up; lost follow up; died; dead; death; deceased; expired; died on study; death on study; off
        study; off trial; off protocol; left; left study; left the study; left trial; left early; exited early;
        early exit; removed from study; removed from trial; removed by investigator; removed by sponsor;
        physician decision; investigator decision; sponsor decision; subject decision; patient decision; adverse
        event; ae; sae; serious adverse event; protocol violation; protocol deviation; noncompliance; non
        compliance; noncompliance with study drug; non compliance with study drug; pregnancy; progressive
        disease; disease progression; disease relapse; lack of efficacy; moved; moved away; relocated; site
        closed; site terminated by sponsor; study terminated by sponsor; technical problems; recovery; inactive;
        not active; no longer active; no longer participating; no longer in study; no longer on study; not
        completed; did not complete; not complete; incomplete; transferred to other study; withdrawn after
        randomisation; discontinued after randomisation; died after randomisation; verstorben; abgebrochen;
        studienabbruch; ausgeschieden; zuruckgezogen; decede; perdu de vue; retrait; retrait de consentement;
        sorti; fallecido; muerto; perdido; perdido de seguimiento; abandono; retirado""",
    COMPLETED: """
        completed; complete; completer; completed study; completed the study; completed trial; completed the
        trial; study completed; study complete; study completion; trial completed; completed per protocol;
        completed as planned; completed study as planned; completed as per protocol; protocol completed;
        completed protocol; completion; completed all visits; study completed as per protocol;
        study completed per protocol; finished; finished study; finished the study; eos;
        end of study; end of trial; end of study reached; reached end of study; completed follow up; completed
        followup; follow up completed; follow up complete; completed study follow up; study finished; normal
        completion; abgeschlossen; studienende; beendet regular; termine; completado; finalizado""",
    IGNORED: """
        test; test subject; test patient; test record; testing; dummy; void; voided; deleted; duplicate; duplicated;
        duplicate record; duplicate entry; entered in error; entry error; data entry error; created in error; invalid;
        training; training subject; cancelled; canceled; cancelled entry""",
}
