import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.StringDataType;

/**
 * Entries that come in any order and are written to a map in the order of their keys, so that each of its pages is written once: an external
 * merge sort (Knuth, The Art of Computer Programming, volume 3, 5.4). Runs that memory holds are sorted there and kept in a file beside
 * the store's until they are merged.
 */
final class SortedRuns implements AutoCloseable {
  private static final Comparator<OrderedIndex.Entry> BY_KEY = Comparator.comparing(OrderedIndex.Entry::key);

  private final MVMap<String, Object> target;
  private final long longestRun;
  private final List<OrderedIndex.Entry> run = new ArrayList<>();
  private final List<MVMap<String, Object>> kept = new ArrayList<>();
  private MVStore store;

  /** @param longestRun entries that are held in memory */
  SortedRuns(MVMap<String, Object> target, long longestRun) {
    this.target = target;
    this.longestRun = longestRun;
  }

  void add(OrderedIndex.Entry entry) {
    run.add(entry);
    if (run.size() >= longestRun) keepRun();
  }

  /** Writes all of them. */
  void merge() {
    if (kept.isEmpty()) {
      write(run, target);
      return;
    }
    keepRun();
    PriorityQueue<Cursor<String, Object>> heads = new PriorityQueue<>(Comparator.comparing(Cursor::getKey));
    for (MVMap<String, Object> each : kept) advance(each.cursor(null), heads);
    for (Cursor<String, Object> first = heads.poll(); first != null; first = heads.poll()) {
      target.put(first.getKey(), first.getValue());
      advance(first, heads);
    }
  }

  @Override
  public void close() {
    if (store != null) store.closeImmediately();
  }

  private void keepRun() {
    if (store == null) open();
    MVMap<String, Object> map =
        store.openMap("run" + kept.size(), new MVMap.Builder<String, Object>().keyType(StringDataType.INSTANCE));
    write(run, map);
    kept.add(map);
  }

  private void open() {
    File file;
    try {
      File folder = new File(target.getStore().getFileStore().getFileName()).getAbsoluteFile().getParentFile();
      file = File.createTempFile("index-runs", ".h2", folder);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    store = new MVStore.Builder().fileName(file.getPath()).open();
    store.setRetentionTime(0);
    // It is open still, and gone with the process however that ends.
    file.delete();
  }

  private static void advance(Cursor<String, Object> cursor, PriorityQueue<Cursor<String, Object>> heads) {
    if (!cursor.hasNext()) return;
    cursor.next();
    heads.add(cursor);
  }

  private static void write(List<OrderedIndex.Entry> entries, MVMap<String, Object> map) {
    entries.sort(BY_KEY);
    for (OrderedIndex.Entry entry : entries) map.put(entry.key(), entry.kept());
    entries.clear();
  }
}
