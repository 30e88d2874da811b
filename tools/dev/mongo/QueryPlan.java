import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.bson.BsonRegularExpression;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * How an index answers a query: texts that its entries lie between, one pair for each value of an `$in`. Documents are matched against the
 * query afterwards, so that the ranges may hold too many entries and never too few.
 */
record QueryPlan(
    String name,
    OrderedIndex index,
    int equal,
    boolean hasRange,
    boolean isSorted,
    boolean descending,
    boolean isCovered,
    List<Range> ranges) {
  /** Entries from the first to the second text, without those that begin with the third; all begin with a text of so many characters. */
  record Range(int prefix, String from, String to, Set<String> without) {}

  private static final String LAST = "\uffff";
  private static final int MOST_VALUES = 1_000;
  private static final Set<String> BOUNDS = Set.of("$gt", "$gte", "$lt", "$lte");

  /** More fields are better, and an order that needs no sorting. */
  int worth() {
    return 10 * equal + (isSorted ? 6 : 0) + (hasRange ? 4 : 0);
  }

  /** How many entries there are; none is read. */
  long count() {
    long count = 0;
    for (Range range : new HashSet<>(ranges)) {
      if (range.from().compareTo(range.to()) >= 0) continue;
      count += index.count(range.from(), range.to());
      for (String left : range.without()) count -= index.count(left, left + LAST);
    }
    return count;
  }

  /** Visits the entries, in the wanted order where the plan is sorted, until a visit says that it is enough. */
  void visit(Predicate<OrderedIndex.Entry> goesOn) {
    if (isSorted && ranges.size() > 1) visitMerged(goesOn);
    else
      for (Range range : ranges)
        for (var entries = entriesOf(range); entries.hasNext(); ) if (!goesOn.test(entries.next())) return;
  }

  /** Each range is in order behind its own beginning; the next entry is that of the range whose next one comes first. */
  private void visitMerged(Predicate<OrderedIndex.Entry> goesOn) {
    Comparator<Head> order = Comparator.comparing(Head::rest);
    PriorityQueue<Head> heads = new PriorityQueue<>(descending ? order.reversed() : order);
    for (Range range : ranges) addNext(heads, range, entriesOf(range));
    while (!heads.isEmpty()) {
      Head head = heads.poll();
      if (!goesOn.test(head.entry())) return;
      addNext(heads, head.range(), head.entries());
    }
  }

  private static void addNext(PriorityQueue<Head> heads, Range range, Iterator<OrderedIndex.Entry> entries) {
    if (!entries.hasNext()) return;
    OrderedIndex.Entry entry = entries.next();
    heads.add(new Head(entry.key().substring(range.prefix()), entry, range, entries));
  }

  private record Head(String rest, OrderedIndex.Entry entry, Range range, Iterator<OrderedIndex.Entry> entries) {}

  private Iterator<OrderedIndex.Entry> entriesOf(Range range) {
    Stream<OrderedIndex.Entry> entries =
        StreamSupport.stream(index.scan(range.from(), range.to(), descending).spliterator(), false);
    if (range.without().isEmpty()) return entries.iterator();
    return entries.filter(entry -> range.without().stream().noneMatch(entry.key()::startsWith)).iterator();
  }

  /** The best index for a query; null where none has a field of it. */
  static QueryPlan choose(Map<String, OrderedIndex> indexes, Document query, Document order) {
    QueryPlan best = null;
    for (var entry : indexes.entrySet()) {
      QueryPlan plan = of(entry.getKey(), entry.getValue(), query, order);
      if (plan != null && (best == null || plan.worth() > best.worth())) best = plan;
    }
    return best;
  }

  private static QueryPlan of(String name, OrderedIndex index, Document query, Document order) {
    List<String> prefixes = List.of("");
    Set<String> exact = new HashSet<>();
    int equal = 0;
    for (String field : index.fields) {
      if (!query.containsKey(field)) break;
      List<Object> values = valuesOf(query.get(field));
      if (values == null || values.size() * prefixes.size() > MOST_VALUES) break;
      List<String> longer = new ArrayList<>();
      for (String prefix : prefixes)
        for (Object value : values) longer.add(prefix + OrderedIndex.encode(value) + OrderedIndex.END);
      prefixes = longer;
      if (!(query.get(field) instanceof Document condition) || condition.containsKey("$in") && condition.size() == 1)
        exact.add(field);
      equal += 1;
    }
    List<String> rest = new ArrayList<>(index.fields.subList(equal, index.fields.size()));
    // The position at an entry's end is the document's id.
    if (!index.fields.contains("_id")) rest.add("_id");
    String ranged = rest.get(0);
    Document bounds = equal < index.fields.size() && query.get(ranged) instanceof Document condition && hasBounds(condition)
        ? condition
        : null;
    Boolean descending = directionOf(order, query, rest);
    if (equal == 0 && bounds == null && (descending == null || order == null || order.isEmpty())) return null;
    if (bounds != null && BOUNDS.containsAll(bounds.keySet())) exact.add(ranged);
    List<Range> ranges = prefixes.stream().map(prefix -> rangeOf(prefix, bounds)).toList();
    boolean isCovered = exact.containsAll(query.keySet());
    return new QueryPlan(
        name, index, equal, bounds != null, descending != null, Boolean.TRUE.equals(descending), isCovered, ranges);
  }

  private static Range rangeOf(String prefix, Document bounds) {
    if (bounds == null) return new Range(prefix.length(), prefix, prefix + LAST, Set.of());
    Object low = bounds.containsKey("$gt") ? bounds.get("$gt") : bounds.get("$gte");
    Object high = bounds.containsKey("$lt") ? bounds.get("$lt") : bounds.get("$lte");
    // Only values of the bound's own type are compared with it.
    String type = prefix + OrderedIndex.encode(low != null ? low : high).charAt(0);
    String from = low == null ? type : prefix + OrderedIndex.encode(low);
    String to = high == null ? type + LAST : prefix + OrderedIndex.encode(high) + OrderedIndex.END + LAST;
    Set<String> without = new HashSet<>();
    if (bounds.containsKey("$gt")) without.add(from + OrderedIndex.END);
    if (bounds.containsKey("$lt")) without.add(prefix + OrderedIndex.encode(high) + OrderedIndex.END);
    return new Range(prefix.length(), from, to, without);
  }

  private static boolean hasBounds(Document condition) {
    return condition.keySet().stream().anyMatch(BOUNDS::contains)
        && condition.entrySet().stream()
            .allMatch(entry -> !BOUNDS.contains(entry.getKey()) || isPlain(entry.getValue()) && entry.getValue() != null);
  }

  /** The values that a field must have one of; null where that is not how it is asked for. */
  private static List<Object> valuesOf(Object condition) {
    if (isPlain(condition)) return java.util.Arrays.asList(condition);
    if (!(condition instanceof Document document)) return null;
    if (document.get("$in") instanceof Collection<?> values)
      return values.stream().allMatch(QueryPlan::isPlain) ? new ArrayList<>(new java.util.LinkedHashSet<>(values)) : null;
    // Of several values that a list must have, the first one leads to it.
    if (document.get("$all") instanceof List<?> values && !values.isEmpty() && isPlain(values.get(0)))
      return java.util.Arrays.asList(values.get(0));
    if (document.containsKey("$eq") && isPlain(document.get("$eq"))) return java.util.Arrays.asList(document.get("$eq"));
    return null;
  }

  private static boolean isPlain(Object value) {
    return value == null
        || value instanceof String
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof Instant
        || value instanceof ObjectId;
  }

  /** Whether entries come in the wanted order, and which way round; null where they do not. */
  private static Boolean directionOf(Document order, Document query, List<String> rest) {
    if (order == null || order.isEmpty()) return false;
    Boolean descending = null;
    int at = 0;
    for (var part : order.entrySet()) {
      if (isPlain(query.get(part.getKey())) && query.containsKey(part.getKey())) continue;
      if (at >= rest.size() || !rest.get(at).equals(part.getKey()) || !(part.getValue() instanceof Number sign)) return null;
      boolean down = sign.intValue() < 0;
      if (descending != null && descending != down) return null;
      descending = down;
      at += 1;
    }
    return descending != null && descending;
  }

  /** The fields of a query with how they are asked for, without values. */
  static Map<String, Object> shapeOf(Document query) {
    Map<String, Object> shape = new LinkedHashMap<>();
    for (var entry : query.entrySet()) shape.put(entry.getKey(), conditionOf(entry.getValue()));
    return shape;
  }

  private static String conditionOf(Object value) {
    if (value instanceof Document condition && condition.keySet().stream().anyMatch(key -> key.startsWith("$")))
      return String.join(" ", condition.keySet());
    return BsonRegularExpression.isRegularExpression(value) ? "$regex" : "=";
  }
}
