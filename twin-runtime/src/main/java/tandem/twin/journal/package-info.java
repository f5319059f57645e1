/**
 * The journal: sealed events and snapshots in an SQL database, and Akka Persistence's view of it.
 *
 * <p>Start at {@link tandem.twin.journal.JournalDatabase}. Writes go through one {@link
 * tandem.twin.journal.Committer} per node, which groups what is queued into one synced commit;
 * {@link tandem.twin.journal.SqlJournal} and {@link tandem.twin.journal.SqlSnapshots} are the
 * plugins; {@link tandem.twin.journal.JournalReader} reads for recovery and audit alike and checks
 * every row's hash. What is special to one database is in {@link tandem.twin.journal.Dialect}:
 * SQLite in a file, or PostgreSQL for the nodes of a site; the rest is portable SQL.
 *
 * <p>A commit is on disk before it is acknowledged. A row once written is never changed; the
 * primary key (persistence id, sequence) fences a second writer of the same twin.
 */
package tandem.twin.journal;
