/*
 * The high-water mark of an event log on PostgreSQL.
 *
 * Positions come from a sequence, and transactions that drew one commit in any order. A reader may pass position p only when
 * nothing at or below p can still appear. The rule under test:
 *
 *   append, at every call   1 b := the sequence's last value
 *                           2 take a shared lock, until the transaction ends, with b in its key
 *                           3 draw the numbers, insert
 *   end of a transaction    its rows become visible, only then its locks go; an abort makes nothing visible
 *   reader                  1 L := the sequence's last value
 *                           2 m := the smallest bound among the locks held
 *                           3 H := min(L, m)
 *                           4 with a NEW snapshot: the rows after the last position, up to H
 *
 * Asserted in every reachable state:
 *   - a row that becomes visible lies above every position that the reader has passed (nothing is skipped);
 *   - what the reader passes over holds no visible row that its snapshot lacks (nothing is skipped);
 *   - each stream is delivered in version order, without a gap and without a repetition;
 *   - when no transaction is open, the reader gets to the end in one round (aborts and kills stall nobody).
 *
 * Every access to something shared is a step of its own; what nobody else sees is joined to its neighbour. The scan of the locks
 * is not atomic: the rule does not need it to be. A writer may be rolled back or killed after each lock and each draw, and a
 * savepoint may be rolled back between two calls.
 *
 * A name given with -D breaks one line of the rule, or one property of the server that it rests on; each must be caught:
 *   LOCK_AFTER_DRAW          the lock is taken when the numbers are already drawn
 *   NO_LOCK                  no lock at all: read to the last value
 *   LOCK_ONCE                a transaction locks at its first call only, which a rolled back savepoint undoes
 *   CACHE2                   the sequence hands out blocks of two (CACHE 2)
 *   FRESH_SEQUENCE           no number was burnt: last_value is 1 before and after the first draw
 *   SCAN_BEFORE_LAST_VALUE   the reader looks at the locks first and at the sequence second
 *   SNAPSHOT_BEFORE_SCAN     locks and rows in one statement, that is, in one snapshot
 *   RELEASE_BEFORE_VISIBLE   the server would release locks before it makes the rows visible
 *   DRAW_BEFORE_STREAM_ROW   numbers are drawn before the stream's row is locked
 *   ABORT_KEEPS_LOCK         the lock belongs to the session, so that an abort leaves it behind
 */

/* The size of the world; check.sh runs several. */
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef TRANSACTIONS
#define TRANSACTIONS 2          /* of each writer, one after the other in one session */
#endif
#ifndef CALLS
#define CALLS 1                 /* append calls of one transaction, at most */
#endif
#ifndef EVENTS
#define EVENTS 1                /* events of one call, at most */
#endif
#define STREAMS 2
#define PAGE 2                  /* rows the reader takes at a time */
#ifdef CACHE2
#define WASTE 2                 /* numbers drawn for one that is used */
#else
#define WASTE 1
#endif
#define POSITIONS (WRITERS * TRANSACTIONS * CALLS * EVENTS * WASTE + 3)
#define NONE 255

/* The server. */
byte sequence = 1;              /* last_value; one number is burnt at creation */
byte bound[WRITERS * CALLS];    /* the advisory locks: the bound in the key, or NONE */
byte row_owner[STREAMS];        /* who has locked the stream's row, or NONE */
byte version[STREAMS];          /* the committed version of each stream */
int visible;                    /* bit n: the row at position n is committed */
byte stream_at[POSITIONS];
byte version_at[POSITIONS];
#ifdef FRESH_SEQUENCE
bool is_called = false;
#endif

/* The reader's progress. */
byte passed;
byte seen[STREAMS];
byte writers_done;

/* Rolled back or killed here: everything the transaction did vanishes. */
inline may_die()
{
  if
  :: goto aborted
  :: true
  fi
}

inline next_value(n)
{
  d_step {
#if defined(FRESH_SEQUENCE)
    if
    :: !is_called -> is_called = true
    :: else -> sequence++
    fi;
    n = sequence
#elif defined(CACHE2)
    if
    :: cached != 0 -> n = cached; cached = 0
    :: else -> n = sequence + 1; cached = sequence + 2; sequence = sequence + 2
    fi
#else
    sequence++;
    n = sequence
#endif
  }
}

inline lock_stream_row()
{
  atomic { row_owner[stream] == NONE -> row_owner[stream] = id; next = version[stream] }
}

inline publish_bound(call)
{
  b = sequence;
  atomic { bound[id * CALLS + call] = b; b = 0 }
  may_die()
}

/* Nobody else sees it before the commit, so it needs no step of its own. */
inline insert()
{
  d_step { next++; stream_at[n] = stream; version_at[n] = next; mine = mine | (1 << n); n = 0 }
}

inline draw_and_insert()
{
  atomic { next_value(n); insert() }
  may_die()
}

inline append(call)
{
#if defined(LOCK_AFTER_DRAW)
  b = sequence;
  draw_and_insert();
  atomic { bound[id * CALLS + call] = b; b = 0 }
#elif defined(NO_LOCK)
  draw_and_insert();
#elif defined(LOCK_ONCE)
  if
  :: call == 0 -> publish_bound(call)
  :: else
  fi;
  draw_and_insert();
#else
  publish_bound(call);
  draw_and_insert();
#if EVENTS == 2
  if
  :: draw_and_insert()
  :: true
  fi
#endif
#endif
}

inline forget_rows()
{
  d_step {
    n = 1;
    do
    :: n == POSITIONS -> break
    :: else ->
       if
       :: mine & (1 << n) -> stream_at[n] = 0; version_at[n] = 0
       :: else
       fi;
       n++
    od;
    n = 0; mine = 0; next = 0
  }
}

/* The lock and the rows of a call inside the savepoint are gone; the stream's row stays locked. */
inline rollback_to_savepoint()
{
  d_step { forget_rows(); next = version[stream]; bound[id * CALLS] = NONE }
}

inline make_visible()
{
  d_step {
    n = 1;
    do
    :: n == POSITIONS -> break
    :: else ->
       assert((mine & (1 << n)) == 0 || n > passed);     /* nothing appears behind the reader */
       n++
    od;
    n = 0;
    visible = visible | mine;
    version[stream] = next;
    mine = 0; next = 0
  }
}

inline release_locks()
{
  d_step { bound[id * CALLS] = NONE; bound[id * CALLS + CALLS - 1] = NONE }
}

inline release_all()
{
  d_step {
    release_locks();
    if
    :: row_owner[stream] == id -> row_owner[stream] = NONE
    :: else
    fi;
    stream = 0; b = 0; n = 0
  }
}

inline do_appends()
{
#ifdef DRAW_BEFORE_STREAM_ROW
  publish_bound(0);
  next_value(n);
  lock_stream_row();
  insert()
#else
  lock_stream_row();
  append(0);
#endif
#if CALLS == 2
  if
  :: rollback_to_savepoint(); append(1)
  :: append(1)
  :: true
  fi
#endif
}

proctype Writer(byte id)
{
  byte begun, stream, b, n, next;
  int mine;
#ifdef CACHE2
  byte cached;
#endif

  do
  :: begun == TRANSACTIONS -> break
  :: else ->
     begun++;
     if
     :: stream = 0
     :: id != 0 || begun > 1 -> stream = 1        /* the names of the streams are interchangeable */
     fi;
     do_appends();
#ifdef RELEASE_BEFORE_VISIBLE
     release_locks();
#endif
     make_visible();
     goto ended;
aborted:
     skip;
     forget_rows();
#ifdef ABORT_KEEPS_LOCK
     atomic { row_owner[stream] = NONE; stream = 0; b = 0; goto next_transaction };
#endif
ended:
     skip;
     release_all();
next_transaction:
     skip
  od;
  atomic { begun = 0; writers_done++ }
}

/* Rows after `passed`, up to `mark`, at most a page of them; then the place of the reader moves. */
inline read_page()
{
  d_step {
    position = passed + 1;
    do
    :: position > mark || rows == PAGE -> break
    :: else ->
       if
       :: snapshot & (1 << position) ->
          rows++;
          seen[stream_at[position]]++;
          assert(version_at[position] == seen[stream_at[position]])
       :: else ->
          assert((visible & (1 << position)) == 0)       /* nothing visible is passed over */
       fi;
       stream_at[position] = 0; version_at[position] = 0; visible = visible & ~(1 << position);
       passed = position;
       position++
    od;
    assert(!quiet || rows == PAGE || passed == sequence); /* nobody is open: nothing holds the reader back */
    position = 0; rows = 0; mark = 0; snapshot = 0; last_value = 0; smallest = NONE; quiet = false
  }
}

inline look_at_sequence()
{
  last_value = sequence
}

/* One lock after the other, as a scan that is not atomic would see them. */
inline look_at_locks()
{
  do
  :: slot == WRITERS * CALLS -> slot = 0; break
  :: else ->
     atomic {
       if
       :: bound[slot] < smallest -> smallest = bound[slot]
       :: else
       fi;
       slot++
     }
  od
}

active proctype Reader()
{
  byte last_value, smallest = NONE, slot, mark, position, rows;
  int snapshot;
  bool quiet;

end_of_round:
  do
  :: atomic { passed < sequence -> quiet = (writers_done == WRITERS) };
#ifdef SCAN_BEFORE_LAST_VALUE
     look_at_locks();
     look_at_sequence();
#else
     look_at_sequence();
#ifdef SNAPSHOT_BEFORE_SCAN
     snapshot = visible;
#endif
     look_at_locks();
#endif
     atomic {
       mark = (smallest < last_value -> smallest : last_value);
       mark = (mark < passed -> passed : mark);
#ifndef SNAPSHOT_BEFORE_SCAN
       snapshot = visible;
#endif
       read_page()
     }
  od
}

init
{
  byte i;
  atomic {
    for (i : 0 .. WRITERS * CALLS - 1) { bound[i] = NONE }
    for (i : 0 .. STREAMS - 1) { row_owner[i] = NONE }
    for (i : 0 .. WRITERS - 1) { run Writer(i) }
    i = 0
  }
}
