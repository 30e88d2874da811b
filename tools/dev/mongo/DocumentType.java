import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ObjectDataType;

/** Documents as BSON, a third of what the library's serialised objects take. Those of an earlier release are read as they were written. */
final class DocumentType extends BasicDataType<Document> {
  /** No type of the store's own begins with it. */
  private static final byte BSON = 0x7E;

  private final ObjectDataType earlier = new ObjectDataType();

  @Override
  public int getMemory(Document document) {
    ByteBuf bytes = encoded(document);
    // Objects take about four times the space of their bytes.
    int memory = 4 * bytes.readableBytes();
    bytes.release();
    return memory;
  }

  @Override
  public boolean isMemoryEstimationAllowed() {
    return true;
  }

  @Override
  public void write(WriteBuffer target, Document document) {
    ByteBuf bytes = encoded(document);
    target.put(BSON).put(bytes.nioBuffer());
    bytes.release();
  }

  @Override
  public Document read(ByteBuffer source) {
    if (source.get(source.position()) != BSON) return (Document) earlier.read(source);
    source.get();
    ByteBuf bytes = Unpooled.wrappedBuffer(source);
    Document document = BsonDecoder.decodeBson(bytes);
    source.position(source.position() + bytes.readerIndex());
    return document;
  }

  @Override
  public Document[] createStorage(int size) {
    return new Document[size];
  }

  private static ByteBuf encoded(Document document) {
    ByteBuf bytes = Unpooled.buffer(1_024);
    BsonEncoder.encodeDocument(document, bytes);
    return bytes;
  }
}
