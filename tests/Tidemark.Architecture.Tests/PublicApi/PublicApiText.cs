using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tidemark.Architecture.Tests.PublicApi;

/// <summary>The public surface of an assembly as text: namespaces, types and members in ordinal order, one line each.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        var spaces = assembly.GetExportedTypes().GroupBy(type => type.Namespace ?? "").OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (var space in spaces)
        {
            text.Append("namespace ").AppendLine(space.Key);
            foreach (Type type in space.Where(type => !type.IsNested).OrderBy(type => type.Name, StringComparer.Ordinal))
                Append(text, type, "  ");
            text.AppendLine();
        }

        return text.ToString().TrimEnd().ReplaceLineEndings("\n") + "\n";
    }

    private static void Append(StringBuilder text, Type type, string indent)
    {
        text.Append(indent).AppendLine(TypeText.Declaration(type));
        if (typeof(Delegate).IsAssignableFrom(type))
            return;

        foreach (string member in Members(type))
            text.Append(indent).Append("  ").AppendLine(member);
        foreach (Type nested in type.GetNestedTypes(Declared).Where(IsVisible).OrderBy(nested => nested.Name, StringComparer.Ordinal))
            Append(text, nested, indent + "  ");
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .OrderBy(field => Convert.ToInt64(field.GetRawConstantValue()))
                .Select(field => $"{field.Name} = {field.GetRawConstantValue()}");
        }

        var constants = type.GetFields(Declared).Where(IsVisible).Select(MemberText.Of).Order(StringComparer.Ordinal);
        var constructors = type.GetConstructors(Declared).Where(IsVisible).Select(MemberText.Of).Order(StringComparer.Ordinal);
        var properties = type.GetProperties(Declared).Where(IsVisible).Select(MemberText.Of).Order(StringComparer.Ordinal);
        var events = type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(MemberText.Of).Order(StringComparer.Ordinal);
        var methods = type.GetMethods(Declared).Where(IsWritten).Select(MemberText.Of).Order(StringComparer.Ordinal);
        return [.. constants, .. constructors, .. properties, .. events, .. methods];
    }

    private static bool IsVisible(Type nested) => nested.IsNestedPublic || nested.IsNestedFamily || nested.IsNestedFamORAssem;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !IsCopyOfRecord(method);

    private static bool IsVisible(PropertyInfo property) =>
        property.GetAccessors(nonPublic: true).Any(IsVisible) && property.Name != "EqualityContract";

    /// <summary>Not an accessor, and not what the compiler adds to a record.</summary>
    private static bool IsWritten(MethodInfo method)
    {
        bool isAccessor = method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);
        return IsVisible(method) && !isAccessor && !method.IsDefined(typeof(CompilerGeneratedAttribute)) && method.Name != "<Clone>$";
    }

    private static bool IsCopyOfRecord(MethodBase method) =>
        method is ConstructorInfo && method.IsDefined(typeof(CompilerGeneratedAttribute));
}
