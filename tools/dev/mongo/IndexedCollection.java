import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.StringDataType;

/** A collection that answers from the indexes declared for it: by equal fields, a range, and in the index' order without sorting. */
final class IndexedCollection extends H2Collection {
  /** What a pipeline needs of its collection: what matches; with `countOnly` nothing of it but that it is there. */
  record Need(Document match, boolean countOnly) {}

  /** Of the pipeline that is being worked on. */
  static final ThreadLocal<Need> NEEDED = new ThreadLocal<>();

  /** Indexes that the command which is being worked on has added, not filled yet. */
  private static final ThreadLocal<Map<IndexedCollection, Map<String, OrderedIndex>>> TOGETHER = new ThreadLocal<>();

  /** Entries of new indexes that are held to be sorted: one takes some 150 bytes, all of them a thirteenth of the memory. */
  private static final long MOST_HELD = Runtime.getRuntime().maxMemory() / 2_000;

  private static final boolean TELLS_PLANS = Boolean.getBoolean("parlance.plans");

  private final Map<String, OrderedIndex> ordered = new LinkedHashMap<>();
  private final MVStore store;
  private final StoredDocuments data;

  IndexedCollection(
      MongoDatabase database,
      String name,
      CollectionOptions options,
      StoredDocuments data,
      MVMap<String, Object> meta,
      CursorRegistry cursors,
      MVStore store) {
    super(database, name, options, data.asDocuments(), meta, cursors);
    this.store = store;
    this.data = data;
  }

  @Override
  public synchronized void addIndex(Index<Object> index) {
    super.addIndex(index);
    boolean isOfIds = index.getKeys().size() == 1 && index.getKeys().get(0).getKey().equals("_id");
    if (isOfIds || isSystem() || ordered.containsKey(index.getName())) return;
    OrderedIndex added = new OrderedIndex(index.getKeys(), entriesOf(index.getName()));
    var together = TOGETHER.get();
    if (!added.isEmpty()) ordered.put(index.getName(), added);
    else if (together == null) fill(Map.of(index.getName(), added));
    else together.computeIfAbsent(this, any -> new LinkedHashMap<>()).put(index.getName(), added);
  }

  /** Fills the indexes that a command adds by reading the documents once for all of them. */
  static <Answer> Answer addTogether(Supplier<Answer> command) {
    Map<IndexedCollection, Map<String, OrderedIndex>> together = new LinkedHashMap<>();
    TOGETHER.set(together);
    try {
      return command.get();
    } finally {
      TOGETHER.remove();
      together.forEach(IndexedCollection::fill);
    }
  }

  private synchronized void fill(Map<String, OrderedIndex> added) {
    Map<OrderedIndex, SortedRuns> all = new LinkedHashMap<>();
    try {
      for (OrderedIndex index : added.values()) all.put(index, index.openRuns(MOST_HELD / added.size()));
      streamAllDocumentsWithPosition()
          .forEach(
              found ->
                  all.forEach((index, runs) -> index.addTo(runs, found.getDocument(), found.getPosition())));
      all.values().forEach(SortedRuns::merge);
    } finally {
      all.values().forEach(SortedRuns::close);
    }
    ordered.putAll(added);
  }

  @Override
  public synchronized void dropIndex(String name) {
    super.dropIndex(name);
    ordered.remove(name);
    store.removeMap(mapOf(name));
    store.removeMap(IndexedStore.uniqueMapOf(getDatabaseName(), getCollectionName(), name));
  }

  @Override
  protected Object addDocumentInternal(Document document) {
    Object position = super.addDocumentInternal(document);
    for (OrderedIndex index : ordered.values()) index.add(document, position);
    return position;
  }

  @Override
  protected void removeDocument(Object position) {
    Document document = getDocument(position);
    if (document != null) for (OrderedIndex index : ordered.values()) index.remove(document, position);
    super.removeDocument(position);
  }

  @Override
  protected void handleUpdate(Object position, Document before, Document after) {
    super.handleUpdate(position, before, after);
    for (OrderedIndex index : ordered.values()) index.update(before, after, position);
  }

  /** Of a pipeline that begins with a match only what matches. */
  @Override
  public Stream<Document> queryAllAsStream() {
    Need needed = NEEDED.get();
    if (needed == null) return super.queryAllAsStream();
    NEEDED.remove();
    List<Document> ids = needed.countOnly() ? idsMatching(needed.match()) : null;
    return ids == null ? handleQueryAsStream(needed.match()) : ids.stream();
  }

  /** How many documents match, in a time that does not grow with their number; null where no index can tell. */
  Long countOf(Document query) {
    if (isSystem() || idsIn(query) != null) return null;
    QueryPlan plan = QueryPlan.choose(ordered, query, null);
    // An entry for each document, and no more: none has a list there.
    if (plan == null || !plan.isCovered() || plan.index().size() != data.sizeAsLong()) return null;
    if (TELLS_PLANS) tell(plan, query, null);
    return plan.count();
  }

  /** From an index alone; null where none knows all that is asked for. */
  private List<Document> idsMatching(Document query) {
    if (isSystem() || idsIn(query) != null) return null;
    QueryPlan plan = QueryPlan.choose(ordered, query, null);
    if (plan == null || !plan.isCovered()) return null;
    if (TELLS_PLANS) tell(plan, query, null);
    return idsBy(plan, Integer.MAX_VALUE);
  }

  @Override
  protected QueryResult queryDocuments(
      Document query, Document order, int skip, int limit, int batchSize, Document fields) {
    if (isSystem()) return super.queryDocuments(query, order, skip, limit, batchSize, fields);
    Collection<?> ids = idsIn(query);
    if (ids != null) {
      Stream<Document> found = ids.stream().distinct().map(this::getDocument).filter(one -> one != null);
      return matchDocumentsFromStream(found, query, order, skip, limit, batchSize, fields);
    }
    QueryPlan plan = QueryPlan.choose(ordered, query, order);
    boolean isById = plan == null && isOrderOfIds(order);
    if (TELLS_PLANS) tell(plan, query, order);
    if (isById) return documentsById(query, order, skip, limit, batchSize, fields);
    if (plan == null) return super.queryDocuments(query, order, skip, limit, batchSize, fields);
    int wanted = plan.isSorted() && limit > 0 ? skip + limit : Integer.MAX_VALUE;
    if (plan.isSorted() && plan.isCovered() && asksForIdsOnly(fields)) {
      List<Document> found = idsBy(plan, wanted);
      return createQueryResult(found.subList(Math.min(skip, found.size()), found.size()), batchSize);
    }
    return matchDocumentsFromStream(
        documentsBy(plan, query, wanted).stream(), query, order, skip, limit, batchSize, fields);
  }

  @Override
  protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
    return data.stream(null, null, false);
  }

  @Override
  protected QueryResult matchDocuments(
      Document query, Document order, int skip, int limit, int batchSize, Document fields) {
    if (isNaturalDescending(order)) return super.matchDocuments(query, order, skip, limit, batchSize, fields);
    Stream<Document> documents = streamAllDocumentsWithPosition().map(DocumentWithPosition::getDocument);
    return matchDocumentsFromStream(documents, query, order, skip, limit, batchSize, fields);
  }

  /** Ids that a query names; null where it names none. Ids of other types are left to the library. */
  private static Collection<?> idsIn(Document query) {
    Object id = query.get("_id");
    if (id instanceof String) return List.of(id);
    if (!(id instanceof Document condition) || !(condition.get("$in") instanceof Collection<?> ids)) return null;
    return ids.stream().allMatch(one -> one instanceof String) ? ids : null;
  }

  private static boolean asksForIdsOnly(Document fields) {
    return fields != null && fields.size() == 1 && fields.get("_id") instanceof Number sign && sign.intValue() == 1;
  }

  private static boolean isOrderOfIds(Document order) {
    return order != null && order.size() == 1 && order.get("_id") instanceof Number;
  }

  /** In the order in which documents lie. */
  private QueryResult documentsById(
      Document query, Document order, int skip, int limit, int batchSize, Document fields) {
    boolean descending = ((Number) order.get("_id")).intValue() < 0;
    int wanted = limit > 0 ? skip + limit : Integer.MAX_VALUE;
    Object low = null;
    Object high = null;
    if (query.get("_id") instanceof Document bounds) {
      low = bounds.containsKey("$gt") ? bounds.get("$gt") : bounds.get("$gte");
      high = bounds.containsKey("$lt") ? bounds.get("$lt") : bounds.get("$lte");
    }
    Object from = descending ? high : low;
    Object to = descending ? low : high;
    List<Document> documents =
        data.stream(from, to, descending)
            .map(DocumentWithPosition::getDocument)
            .filter(document -> documentMatchesQuery(document, query))
            .limit(wanted)
            .toList();
    return matchDocumentsFromStream(documents.stream(), query, order, skip, limit, batchSize, fields);
  }

  private List<Document> documentsBy(QueryPlan plan, Document query, int wanted) {
    List<Document> documents = new ArrayList<>();
    visit(
        plan,
        position -> {
          Document document = getDocument(position);
          if (document != null && documentMatchesQuery(document, query)) documents.add(document);
          return documents.size() < wanted;
        });
    return documents;
  }

  /** Answers from the index alone. */
  private static List<Document> idsBy(QueryPlan plan, int wanted) {
    List<Document> documents = new ArrayList<>();
    visit(
        plan,
        position -> {
          documents.add(new Document("_id", position));
          return documents.size() < wanted;
        });
    return documents;
  }

  /** Visits where the documents of a plan are, each once, until a visit says that it is enough. */
  private static void visit(QueryPlan plan, Predicate<Object> goesOn) {
    Set<Object> seen = new HashSet<>();
    plan.visit(
        entry -> {
          Object position = entry.position();
          return !seen.add(position) || goesOn.test(position);
        });
  }

  private boolean isSystem() {
    return getCollectionName().startsWith("system.");
  }

  private MVMap<String, Object> entriesOf(String index) {
    return store.openMap(
        mapOf(index), new MVMap.Builder<String, Object>().keyType(StringDataType.INSTANCE));
  }

  private String mapOf(String index) {
    return getDatabaseName() + "." + getCollectionName() + "._ordered_" + index;
  }

  /** One line for a query, for the test that no query is without an index. */
  private void tell(QueryPlan plan, Document query, Document order) {
    boolean isById = isOrderOfIds(order) && Set.of("_id").containsAll(query.keySet());
    System.out.printf(
        "plan %s query=%s sort=%s index=%s%n",
        getCollectionName(),
        QueryPlan.shapeOf(query),
        order == null ? "[]" : order.keySet(),
        plan != null ? plan.name() : isById ? "_id_" : "none");
  }
}
