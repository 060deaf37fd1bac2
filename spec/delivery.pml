/*
 * Delivery of a subscription's partition: lease, handshake, delivery, commit.
 *
 * Two nodes compete for the lease; the owner asks the consumer where it stands, delivers from there, and commits under its epoch. The rule
 * under test:
 *
 *   owner      1 install the epoch in the checkpoint's row, unless a higher one stands there; only then read the token
 *              2 ask with a new number; only the answer with the latest number counts; ask anew when none comes
 *              3 deliver a batch with the token that the consumer confirmed last, under a new number
 *              4 commit the outcome, with records of what was skipped, if epoch and token in the row are the own ones
 *   consumer   5 pass over questions that are not newer than the latest
 *              6 process a delivery only if the offered token is the expected one; else answer the own token
 *              7 with an own token: effects and new token in one transaction, which checks that the stored token is the offered one
 *
 * Start(p) and Delivered(p) are different tokens: the first is inclusive, the second exclusive.
 *
 * Asserted in every reachable state: no event takes effect while an earlier one neither did nor has a record (skipped); with own tokens
 * none takes effect twice (twice); the checkpoint never moves back, so that at most what is in flight is repeated (back), and
 * never stands behind an event that neither took effect nor has a record (committed).
 * With -DLIVENESS, under weak fairness: in the end every event took effect or has a record, and is committed.
 *
 * The environment has FAULTS: it crashes the consumer, lets a lease run out under its owner, loses or delays a message; an owner crashes, or gives up
 * waiting too early. Old connections stay open: what is under way on them arrives, however late.
 *
 * -DOWN: the consumer keeps its token; else the store does. A name given with -D breaks one line of the rule; each must be caught:
 *   EXCLUSIVE_START          Start(p) begins after p
 *   INCLUSIVE_DELIVERED      Delivered(p) begins with p
 *   LATE_ANSWERS_COUNT       the number of an answer is not looked at
 *   NO_COMPARISON            the consumer compares nothing
 *   NO_STORED_COMPARISON     the consumer's transaction does not look at the token that it replaces
 *   NO_FENCE                 a commit looks neither at the epoch nor at the token that it replaces
 *   COMMIT_FIRST             the checkpoint moves before the consumer has answered
 *   SKIP_WITHOUT_RECORD      what is skipped leaves no record
 *   NO_SECOND_ASK            an owner without an answer goes on waiting              (liveness)
 *   LEASE_FOR_EVER           the lease of a crashed owner never runs out             (liveness)
 */

#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define NODES 2
#define NOBODY 255
#define UNKNOWN 255
#define ALL ((1 << (EVENTS + 1)) - 2)               /* bit n: event n */

#define START(p) ((p) * 2)
#define DELIVERED(p) ((p) * 2 + 1)
#if defined(EXCLUSIVE_START)
#define FIRST(token) ((token) / 2 + 1)
#elif defined(INCLUSIVE_DELIVERED)
#define FIRST(token) ((token) / 2)
#else
#define FIRST(token) ((token) / 2 + (token) % 2)
#endif

mtype = { ASK, DELIVER, TOKEN, DONE, SKIP };

/* The database. */
byte owner = NOBODY;                                /* the lease */
byte epoch;                                         /* the last one given out */
byte installed;                                     /* the checkpoint's row: epoch */
byte checkpoint = START(1);                         /* and token */
byte recorded;                                      /* dead letters */

/* The consumer's durable state. */
byte effects;
byte own_token = START(1);

/* The consumer's memory, by connection. */
byte latest[NODES];
byte expected[NODES];
byte busy[NODES];                                   /* 0: idle, 1: processing, 2: about to answer */
byte at_number[NODES], at_token[NODES], at_through[NODES], at_mask[NODES];
mtype result[NODES];

/* kind, number, token, through, events; and back: kind, number, token. */
chan to_consumer[NODES] = [3] of { mtype, byte, byte, byte, byte };
chan to_agent[NODES] = [3] of { mtype, byte, byte };
bool broken[NODES];
byte faults = FAULTS;

#define UNANSWERED(i) (empty(to_consumer[i]) && empty(to_agent[i]) && busy[i] == 0)

#ifdef LIVENESS
ltl live { <> (((effects | recorded) & ALL) == ALL && FIRST(checkpoint) > EVENTS) }
#endif

inline ask()
{
  atomic {
    broken[i] = false;
    number++;
    if
    :: nfull(to_consumer[i]) -> to_consumer[i]!ASK, number, durable, 0, 0
    :: else
    fi
  }
}

/* A crash takes the memory along; the lease runs out. */
inline die()
{
  faults--;
  last = 0; durable = 0; cursor = 0; mask = 0; through = 0; me = 0; n = 0; token = 0; kind = ASK;
#ifndef LEASE_FOR_EVER
  if
  :: owner == i -> owner = NOBODY
  :: else
  fi;
#endif
  goto claim
}

#ifdef LATE_ANSWERS_COUNT
#define COUNTS(n) true
#else
#define COUNTS(n) (n == number)
#endif

proctype Agent(byte i)
{
  byte me, number, last, durable, cursor, through, mask, n, token;
  mtype kind = ASK;

claim:
end_claim:
  atomic { owner == NOBODY -> owner = i; epoch++; me = epoch };

handshake:
  atomic {
    if
    :: me >= installed -> installed = me; durable = checkpoint
    :: else -> goto fenced
    fi
  };

asking:
  ask();
  do
  :: atomic { to_agent[i]?kind, n, token ->
       if
       :: COUNTS(n) && kind == TOKEN -> last = token; cursor = FIRST(token); n = 0; token = 0; kind = ASK; break
       :: else -> n = 0; token = 0
       fi
     }
#ifndef NO_SECOND_ASK
  :: UNANSWERED(i) -> goto asking
#endif
  :: atomic { faults > 0 -> faults--; goto asking }
  :: atomic { faults > 0 -> die() }
  od;

ready:
  atomic {
    if
    :: cursor > EVENTS && FIRST(durable) > EVENTS -> mask = 0; through = 0; goto idle
    /* What is recorded at the end, or done already by the consumer's own token, has no delivery to go with. */
    :: cursor > EVENTS && FIRST(durable) <= EVENTS -> kind = DONE; token = DELIVERED(EVENTS); mask = 0; through = EVENTS; goto commit
    :: else
    fi;
    if
    :: through = cursor
    :: cursor < EVENTS -> through = cursor + 1
    fi;
    mask = ((1 << (through + 1)) - 1) & ~((1 << cursor) - 1) & ~recorded;
    if
    :: mask == 0 -> cursor = through + 1; goto ready
    :: mask != 0 && broken[i] -> goto handshake
    :: else
    fi;
#ifdef COMMIT_FIRST
    if
    :: me == installed && durable == checkpoint -> checkpoint = DELIVERED(through); durable = checkpoint
    :: else
    fi;
#endif
    number++;
    if
    :: nfull(to_consumer[i]) -> to_consumer[i]!DELIVER, number, last, through, mask
    :: else
    fi
  };

  do
  :: atomic { to_agent[i]?kind, n, token ->
       if
       :: COUNTS(n) -> n = 0; break
       :: else -> n = 0; token = 0
       fi
     }
#ifndef NO_SECOND_ASK
  :: UNANSWERED(i) -> goto handshake
#endif
  :: atomic { faults > 0 -> faults--; goto handshake }
  :: atomic { faults > 0 -> die() }
  od;

  atomic {
    if
#ifdef OWN
    :: kind == TOKEN -> last = token; cursor = FIRST(token); token = 0; goto ready
#else
    :: kind == TOKEN -> token = 0; goto handshake
#endif
    :: kind == DONE -> last = DELIVERED(through); token = last
    :: kind == SKIP -> token = durable
    fi
  };
  if
  :: atomic { faults > 0 -> die() }
  :: true
  fi;
commit:
  atomic {
#ifdef NO_FENCE
    if
    :: true
#else
    if
    :: me == installed && durable == checkpoint
#endif
       ->
       assert(FIRST(token) >= FIRST(checkpoint));                     /* back */
       checkpoint = token;
       durable = token;
       n = cursor;
       if
       :: kind == SKIP ->
          do
          :: (mask & (1 << n)) == 0 -> n++
          :: else -> break
          od;
#ifndef SKIP_WITHOUT_RECORD
          recorded = recorded | (1 << n);
#endif
          cursor = n + 1
       :: else -> cursor = through + 1
       fi;
       assert((((1 << FIRST(checkpoint)) - 2) & ~(effects | recorded)) == 0);   /* committed */
       n = 0; token = 0; mask = 0; through = 0; kind = ASK
    :: else -> goto fenced
    fi
  };
  goto ready;

idle:
end_idle:
  do
  :: broken[i] -> goto handshake
  :: atomic { faults > 0 -> die() }
  od;

fenced:
  atomic {
    last = 0; durable = 0; cursor = 0; mask = 0; through = 0; me = 0; n = 0; token = 0; kind = ASK;
    if
    :: owner == i -> owner = NOBODY
    :: else
    fi;
    goto claim
  }
}

inline answer(i, what, number, token)
{
  if
  :: nfull(to_agent[i]) -> to_agent[i]!what, number, token
  :: else
  fi
}

/* A question is taken when the application is idle: an ask waits for it. */
inline take(i)
{
  atomic {
    busy[i] == 0 && nempty(to_consumer[i]) ->
    to_consumer[i]?kind, number, token, through, mask;
    if
    :: number <= latest[i]
    :: number > latest[i] && kind == ASK ->
       latest[i] = number;
#ifdef OWN
       expected[i] = own_token;
#else
       expected[i] = token;
#endif
       answer(i, TOKEN, number, expected[i])
    :: number > latest[i] && kind == DELIVER ->
       latest[i] = number;
       if
#ifndef NO_COMPARISON
       :: token != expected[i] -> answer(i, TOKEN, number, expected[i])
       :: token == expected[i] ->
#else
       :: true ->
#endif
          busy[i] = 1;
          at_number[i] = number; at_token[i] = token; at_through[i] = through; at_mask[i] = mask
       fi
    fi;
    number = 0; token = 0; through = 0; mask = 0; kind = ASK
  }
}

/* The transaction. Nobody sees it in part. */
inline process(i)
{
  atomic {
    busy[i] == 1 ->
    busy[i] = 2;
    if
#if defined(OWN) && !defined(NO_COMPARISON) && !defined(NO_STORED_COMPARISON)
    :: own_token != at_token[i] -> result[i] = TOKEN; expected[i] = own_token
    :: own_token == at_token[i] ->
#else
    :: true ->
#endif
       assert((((1 << (at_through[i] + 1)) - 2) & ~(effects | recorded | at_mask[i])) == 0);   /* skipped */
#ifdef OWN
       assert((effects & at_mask[i]) == 0);                                                    /* twice */
       own_token = DELIVERED(at_through[i]);
#endif
       effects = effects | at_mask[i];
       expected[i] = DELIVERED(at_through[i]);
       result[i] = DONE
    :: skips > 0 -> skips--; result[i] = SKIP
    fi
  }
}

inline reply(i)
{
  atomic {
    busy[i] == 2 ->
    answer(i, result[i], at_number[i], expected[i]);
    busy[i] = 0; at_number[i] = 0; at_token[i] = 0; at_through[i] = 0; at_mask[i] = 0; result[i] = ASK
  }
}

proctype Consumer()
{
  byte number, token, through, mask;
  byte skips = 1;
  mtype kind = ASK;

end:
  do
  :: take(0)
  :: take(1)
  :: process(0)
  :: process(1)
  :: reply(0)
  :: reply(1)
  od
}

inline forget(i)
{
  do
  :: to_consumer[i]?kind, a, b, c, d
  :: empty(to_consumer[i]) -> break
  od;
  do
  :: to_agent[i]?kind, a, b
  :: empty(to_agent[i]) -> break
  od;
  latest[i] = 0; expected[i] = UNKNOWN; busy[i] = 0; broken[i] = true;
  at_number[i] = 0; at_token[i] = 0; at_through[i] = 0; at_mask[i] = 0; result[i] = ASK
}

proctype Environment()
{
  byte a, b, c, d;
  mtype kind;

  do
  :: faults == 0 -> break
  :: atomic { faults > 0 -> faults-- }                                                   /* nothing goes wrong */
  :: atomic { faults > 0 -> faults--; forget(0); forget(1); a = 0; b = 0; c = 0; d = 0; kind = ASK }
  :: atomic { faults > 0 && owner != NOBODY -> faults--; owner = NOBODY }
  :: atomic { faults > 0 && nempty(to_consumer[0]) -> faults--; to_consumer[0]?kind, a, b, c, d; a = 0; b = 0; c = 0; d = 0; kind = ASK }
  :: atomic { faults > 0 && nempty(to_consumer[1]) -> faults--; to_consumer[1]?kind, a, b, c, d; a = 0; b = 0; c = 0; d = 0; kind = ASK }
  :: atomic { faults > 0 && nempty(to_agent[0]) -> faults--; to_agent[0]?kind, a, b; a = 0; b = 0; kind = ASK }
  :: atomic { faults > 0 && nempty(to_agent[1]) -> faults--; to_agent[1]?kind, a, b; a = 0; b = 0; kind = ASK }
  :: atomic { faults > 0 && len(to_agent[0]) > 1 -> faults--; to_agent[0]?kind, a, b; to_agent[0]!kind, a, b; a = 0; b = 0; kind = ASK }
  :: atomic { faults > 0 && len(to_agent[1]) > 1 -> faults--; to_agent[1]?kind, a, b; to_agent[1]!kind, a, b; a = 0; b = 0; kind = ASK }
  od
}

init
{
  atomic {
    expected[0] = UNKNOWN; expected[1] = UNKNOWN;
    result[0] = ASK; result[1] = ASK;
    run Agent(0);
    run Agent(1);
    run Consumer();
    run Environment()
  }
}
